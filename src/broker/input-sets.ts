// SPDX-License-Identifier: MIT OR Apache-2.0
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { looksSecret } from "../cargo/env-policy.ts";
import { expandText, normaliseText, type PathRoots } from "../cargo/roots.ts";
import { statOf } from "../existing-files.ts";
import { type Digest, digestOf } from "../unit/digest.ts";
import type { InputSet, Inputs } from "../unit/record.ts";
import { changeTime, digestTree, latestChange } from "../unit/tree.ts";

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

/**
 * A variable as it goes into a key: `(unset)`, or its value with the machine's paths replaced where allowed.
 * What by its name is a secret goes in as a digest: keys are kept and shown.
 */
export function envValue(
  name: string,
  context: Pick<InputSetContext, "env" | "roots" | "relocatable">,
): string {
  const value = context.env.get(name);
  if (value === undefined) return "(unset)";
  if (looksSecret(name)) return `secret ${digestOf(`${name}=${value}`).slice(0, 16)}`;
  return `=${context.relocatable(name) ? normaliseText(value, context.roots) : value}`;
}

/** Paths in input sets of earlier runs that are not below any of these directories. */
export function declaredElsewhere(
  files: readonly string[],
  roots: PathRoots,
  covered: readonly string[],
): readonly string[] {
  return files
    .map((file) => expandText(file, roots))
    .filter((file) => !covered.some((directory) => file === directory || file.startsWith(`${directory}/`)));
}

async function digestPath(path: string, digestFile: (path: string) => Promise<Digest>): Promise<string> {
  // At once: a trip to the thread pool takes several times what the system takes.
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return "(missing)";
  if (found.isDirectory()) return `directory ${await digestTree(path, "sources", digestFile)}`;
  return digestFile(path);
}

/**
 * The first of a set's files, as the set names it, that changed since `startNs` (nanoseconds since the epoch);
 * undefined if none did. Directories count with all that is in them, links with what they lead to, and what is
 * missing with the directory that it is missing from.
 */
export async function changedSince(
  set: InputSet,
  roots: PathRoots,
  startNs: bigint,
): Promise<string | undefined> {
  const times = await Promise.all(set.files.map((file) => lastChange(expandText(file, roots))));
  return set.files.find((_, at) => (times[at] ?? 0n) >= startNs);
}

async function lastChange(path: string): Promise<bigint> {
  if (statOf(path)?.isDirectory() === true) return latestChange(path, "sources");
  const time = changeTime(path);
  return time > 0n ? time : lastChangeAbove(path);
}

/** When the nearest directory above got or lost a name, which may have been the one on the way to `path`. */
function lastChangeAbove(path: string): bigint {
  const above = dirname(path);
  const time = changeTime(above);
  return time > 0n || above === dirname(above) ? time : lastChangeAbove(above);
}
