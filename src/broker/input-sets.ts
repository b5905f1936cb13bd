// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstat, stat } from "node:fs/promises";
import { expandText, normaliseText, type PathRoots } from "../cargo/roots.ts";
import type { Digest } from "../unit/digest.ts";
import type { InputSet, Inputs } from "../unit/record.ts";
import { digestTree } from "../unit/tree.ts";

/** What evaluating an input set needs to know of the unit that asks. */
export interface InputSetContext {
  readonly roots: PathRoots;
  readonly env: ReadonlyMap<string, string>;
  readonly relocatable: (name: string) => boolean;
  readonly digestFile: (path: string) => Promise<Digest>;
}

/**
 * The inputs that a set names, as they are on this machine now.
 * A file that is missing is an input too: its absence may be what the result depends on.
 */
export async function evaluateInputSet(set: InputSet, context: InputSetContext): Promise<Inputs> {
  const inputs: Record<string, string> = {};
  for (const name of set.env) inputs[`env ${name}`] = envValue(name, context);
  await Promise.all(
    set.files.map(async (file) => {
      inputs[`file ${file}`] = await digestPath(expandText(file, context.roots), context.digestFile);
    }),
  );
  return inputs;
}

/** A variable as it goes into a key: `(unset)`, or its value with the machine's paths replaced where allowed. */
export function envValue(
  name: string,
  context: Pick<InputSetContext, "env" | "roots" | "relocatable">,
): string {
  const value = context.env.get(name);
  if (value === undefined) return "(unset)";
  return `=${context.relocatable(name) ? normaliseText(value, context.roots) : value}`;
}

async function digestPath(path: string, digestFile: (path: string) => Promise<Digest>): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "(missing)";
  if (found.isDirectory()) return `directory ${await digestTree(path, "sources", digestFile)}`;
  return digestFile(path);
}

/**
 * True if neither content nor inode of any of these changed since `startNs` (nanoseconds since the epoch).
 * What a set names as a directory is judged by the directory alone: new and removed names show in its mtime.
 */
export async function unchangedSince(
  set: InputSet,
  roots: PathRoots,
  startNs: bigint,
): Promise<string | undefined> {
  const late = await Promise.all(
    set.files.map(async (file) => {
      const found = await lstat(expandText(file, roots), { bigint: true }).catch(() => undefined);
      return found !== undefined && (found.mtimeNs >= startNs || found.ctimeNs >= startNs) ? file : undefined;
    }),
  );
  return late.find((file) => file !== undefined);
}
