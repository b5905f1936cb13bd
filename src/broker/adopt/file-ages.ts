// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { changeTime } from "../../unit/tree.ts";
import type { PlacedOutput } from "../unit-plan.ts";
import type { BuiltUnit } from "./built-unit.ts";
import type { CargoDirectories } from "./scratch-invocation.ts";

/** From the beginning of a unit to its end: nanoseconds since the epoch. */
export type Span = Pick<BuiltUnit, "start" | "end">;

/** When a file was last written to; undefined if there is none. */
export function writtenAt(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
}

/**
 * The first of these files that may have been another when a unit began: of those that Cargo keeps in its own
 * directories the mtime tells, as it does to Cargo (which links some later, so that their ctime is newer); of all
 * others the ctime must be older too.
 */
export async function changedInput(
  paths: Iterable<string>,
  { start }: Span,
  { target, build }: CargoDirectories,
): Promise<string | undefined> {
  for (const path of paths) {
    const isCargos = [target, build].some((directory) => path.startsWith(`${directory}/`));
    const time = isCargos ? writtenAt(path) : changeTime(path);
    if (time === undefined || (isCargos ? time > start : time >= start)) return path;
  }
  return undefined;
}

/** The first output of a compilation that is not of that compilation, or was written to since. */
export function foreignOutput(outputs: readonly PlacedOutput[], { start, end }: Span): string | undefined {
  return outputs.find(({ file }) => {
    const time = writtenAt(file);
    return time === undefined || time < start || time > end;
  })?.path;
}

/**
 * The first file below OUT_DIR that this run of a build script did not leave there: one of an earlier run (which
 * Cargo does not take away), or one that was changed since. What a script copies with its old mtime has a new ctime.
 */
export function foreignInOutDir(
  outDir: string,
  outputs: readonly PlacedOutput[],
  span: Span,
): string | undefined {
  const { start, end } = span;
  const isOfRun = ({ file }: PlacedOutput) => {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (found === undefined || found.mtimeNs > end) return false;
    return found.mtimeNs >= start || (found.ctimeNs >= start && found.ctimeNs <= end);
  };
  return outputs.find((output) => !isOfRun(output))?.path ?? changedDirectory(outDir, end);
}

/** The first directory, this one or below, that got or lost a name after `time`. */
export function changedDirectory(root: string, time: bigint): string | undefined {
  const below = readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return [root, ...below].find((path) => (writtenAt(path) ?? 0n) > time);
}
