// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, rmSync } from "node:fs";
import { relative } from "node:path";
import type { PathRoots } from "../../cargo/roots.ts";
import { STORED_MTIME_S } from "../../store/layout.ts";
import type { UnitStore } from "../../store/store.ts";
import { pathBelow } from "../../unit/path-below.ts";
import type { OutputFile, UnitResult } from "../../unit/record.ts";
import { expandDepInfo, inLatin1 } from "../bytes-text.ts";
import { REAL_SUFFIX, STAND_IN_MODE } from "../stand-in.ts";
import type { UnitPlan } from "../unit-plan.ts";
import type { ReplayEntry } from "./entry.ts";
import type { FileOperation } from "./file-operations.ts";
import type { FingerprintHere } from "./fingerprint-here.ts";
import { filesHere } from "./stored-files.ts";
import type { TargetWriter } from "./target-writer.ts";

export interface UnitToLay {
  readonly plan: Pick<UnitPlan, "identity" | "place" | "roots" | "clear">;
  readonly record: UnitResult;
  readonly entry: ReplayEntry;
  readonly fingerprint: FingerprintHere;
  /** The native shim, which stands where Cargo expects a build script's executable. */
  readonly shim: string;
  /** Cargo's build directory. */
  readonly target: string;
  /** The build's places, with which the entry was made; the unit's own are fewer, and others. */
  readonly roots: PathRoots;
  /**
   * Seconds since the epoch. `stored` for what is compiled from immutable sources alone: all of it is of the same
   * age, older than anything, and may be linked.
   */
  readonly mtime: number | "stored";
}

/** Files that nobody writes to again: rustc and Cargo replace libraries, linkers do not know the real executable. */
const LINKABLE = /\.(rlib|rmeta)$/;

/**
 * Lays down a unit's outputs and all that Cargo wrote about it, its fingerprint's hash last: what is interrupted is
 * built again. Nothing is touched if one of its paths leads elsewhere.
 * Throws as `pathBelow`, `UnitStore.prepare`, `TargetWriter.perform` and `expandText` do.
 */
export async function layUnit(
  unit: UnitToLay,
  store: Pick<UnitStore, "prepare">,
  writer: Pick<TargetWriter, "perform">,
): Promise<void> {
  const { plan, record, entry, fingerprint, target, mtime } = unit;
  const seconds = mtime === "stored" ? STORED_MTIME_S : mtime;
  const hashFile = hashFileIn(target, entry);
  const cargos = cargoFiles(unit, seconds);
  pathBelow(target, relative(target, plan.place));
  for (const { path } of record.outputs) pathBelow(plan.place, path);
  if (existsSync(hashFile)) rmSync(hashFile, { force: true }); // mostly not, and a look is cheaper
  await plan.clear();
  const prepared = await Promise.all(
    record.outputs.map((output) => prepareOutput(output, unit, seconds, store)),
  );
  const outputs = prepared.map(({ operation }) => operation);
  const standIns = record.outputs.filter(({ role }) => role === "real-build-script");
  await writer.perform([
    ...outputs,
    ...standIns.map(({ path }) => standInFor(pathBelow(plan.place, path), unit.shim, seconds)),
    ...cargos,
    text(`${hashFile}.json`, fingerprint.json),
    text(hashFile, fingerprint.hash),
  ]);
  try {
    for (const { done } of prepared) done();
  } catch (thrown) {
    rmSync(hashFile, { force: true }); // something wrote to a stored file while it was copied or linked
    throw thrown;
  }
}

/** The file of a fingerprint's hash, by which Cargo goes. Throws as `pathBelow` does. */
function hashFileIn(target: string, { fingerprint }: Pick<ReplayEntry, "fingerprint">): string {
  return pathBelow(pathBelow(target, fingerprint.directory), fingerprint.name);
}

/** A copy, not a link: see `placeStandIn`. */
function standInFor(real: string, shim: string, mtime: number): FileOperation {
  const path = real.slice(0, -REAL_SUFFIX.length);
  return { kind: "place", path, source: shim, link: false, mode: STAND_IN_MODE, mtime };
}

function text(path: string, content: string): FileOperation {
  return { kind: "write", path, bytes: Buffer.from(content, "latin1"), mtime: undefined };
}

/** What Cargo keeps of a unit, but for the fingerprint itself. */
function cargoFiles({ entry, roots, target }: UnitToLay, seconds: number): readonly FileOperation[] {
  const latin1 = inLatin1(roots);
  const { run, fingerprint } = entry;
  return [
    ...(run === undefined ? [] : filesHere(pathBelow(target, run.directory), run.files, latin1, seconds)),
    ...filesHere(pathBelow(target, fingerprint.directory), fingerprint.files, latin1, seconds),
  ];
}

async function prepareOutput(
  output: OutputFile,
  { plan, mtime, entry }: UnitToLay,
  seconds: number,
  store: Pick<UnitStore, "prepare">,
): Promise<{ readonly operation: FileOperation; done(): void }> {
  const path = pathBelow(plan.place, output.path);
  if (output.path.endsWith("/")) return { operation: { kind: "directory", path }, done() {} };
  if (output.role === "dep-info") {
    const stored = entry.depInfo[output.path];
    if (stored === undefined) throw new TypeError(`an entry lacks "${output.path}"`);
    const bytes = Buffer.from(expandDepInfo(Buffer.from(stored, "latin1"), plan.roots));
    return { operation: { kind: "write", path, bytes, mtime: seconds }, done() {} };
  }
  const link = output.role === "real-build-script" || (!isGenerated(plan) && LINKABLE.test(output.path));
  return store.prepare(output, path, { link, mtime });
}

/** What a build script left in OUT_DIR may be written to by whoever finds it. */
function isGenerated({ identity }: UnitToLay["plan"]): boolean {
  return identity.kind === "build-script-run";
}
