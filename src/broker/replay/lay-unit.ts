// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PathRoots } from "../../cargo/roots.ts";
import { STORED_MTIME_S } from "../../store/layout.ts";
import type { UnitStore } from "../../store/store.ts";
import type { OutputFile, UnitResult } from "../../unit/record.ts";
import { expandDepInfo, inLatin1 } from "../bytes-text.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import type { UnitPlan } from "../unit-plan.ts";
import type { ReplayEntry } from "./entry.ts";
import type { FingerprintHere } from "./fingerprint-here.ts";
import { writeFiles } from "./stored-files.ts";

export interface UnitToLay {
  readonly plan: UnitPlan;
  readonly record: UnitResult;
  readonly entry: ReplayEntry;
  readonly fingerprint: FingerprintHere;
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
 * built again. Throws as `UnitStore.place` and `expandText` do.
 */
export async function layUnit(unit: UnitToLay, store: Pick<UnitStore, "place">): Promise<void> {
  const { plan, record, entry, fingerprint, target, roots, mtime } = unit;
  const seconds = mtime === "stored" ? STORED_MTIME_S : mtime;
  const directory = join(target, entry.fingerprint.directory);
  const hashFile = join(directory, entry.fingerprint.name);
  rmSync(hashFile, { force: true });
  await plan.clear();
  const laid = await Promise.allSettled(
    record.outputs.map((output) => layOutput(output, unit, seconds, store)),
  );
  for (const each of laid) if (each.status === "rejected") throw each.reason;
  await plan.afterRestore();
  for (const { path, role } of record.outputs) {
    if (role !== "real-build-script") continue;
    utimesSync(join(plan.place, path.slice(0, -REAL_SUFFIX.length)), seconds, seconds);
  }
  const latin1 = inLatin1(roots);
  if (entry.run !== undefined)
    writeFiles(join(target, entry.run.directory), entry.run.files, latin1, seconds);
  writeFiles(directory, entry.fingerprint.files, latin1, seconds);
  writeFileSync(`${hashFile}.json`, fingerprint.json, "latin1");
  writeFileSync(hashFile, fingerprint.hash, "latin1");
}

async function layOutput(
  output: OutputFile,
  { plan, mtime, entry }: UnitToLay,
  seconds: number,
  store: Pick<UnitStore, "place">,
): Promise<void> {
  const destination = join(plan.place, output.path);
  if (output.path.endsWith("/")) {
    mkdirSync(destination, { recursive: true });
  } else if (output.role === "dep-info") {
    const stored = entry.depInfo[output.path];
    if (stored === undefined) throw new TypeError(`an entry lacks "${output.path}"`);
    const bytes = expandDepInfo(Buffer.from(stored, "latin1"), plan.roots);
    mkdirSync(dirname(destination), { recursive: true });
    rmSync(destination, { force: true });
    writeFileSync(destination, bytes);
    utimesSync(destination, seconds, seconds);
  } else {
    const link = output.role === "real-build-script" || (!isGenerated(plan) && LINKABLE.test(output.path));
    await store.place(output, destination, { link, mtime });
  }
}

/** What a build script left in OUT_DIR may be written to by whoever finds it. */
function isGenerated({ identity }: UnitPlan): boolean {
  return identity.kind === "build-script-run";
}
