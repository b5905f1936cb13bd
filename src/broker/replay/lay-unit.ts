// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, rmSync } from "node:fs";
import { relative } from "node:path";
import type { PathRoots } from "../../cargo/roots.ts";
import { GreenError } from "../../error.ts";
import { STORED_MTIME_S } from "../../store/layout.ts";
import type { Prepared, UnitStore } from "../../store/store.ts";
import { pathBelow } from "../../unit/path-below.ts";
import type { OutputFile, UnitResult } from "../../unit/record.ts";
import { expandDepInfo, expandsAlike, inLatin1 } from "../bytes-text.ts";
import { REAL_SUFFIX, STAND_IN_MODE } from "../stand-in.ts";
import type { UnitPlan } from "../unit-plan.ts";
import type { ReplayEntry } from "./entry.ts";
import type { FileOperation } from "./file-operations.ts";
import type { FingerprintHere } from "./fingerprint-here.ts";
import { filesHere } from "./stored-files.ts";
import type { TargetWriter } from "./target-writer.ts";

export interface UnitToLay {
  readonly plan: Pick<UnitPlan, "identity" | "place" | "roots" | "replacesLinked" | "clear">;
  readonly record: UnitResult;
  readonly entry: ReplayEntry;
  readonly fingerprint: FingerprintHere;
  /** False if Cargo has built nothing yet where this is laid. */
  readonly isUsed: boolean;
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

/** Libraries that rustc and Cargo replace. */
const LIBRARY = /\.(rlib|rmeta)$/;

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
  if (unit.isUsed && existsSync(hashFile)) rmSync(hashFile, { force: true }); // a look is cheaper
  await plan.clear();
  const standIns = record.outputs.filter(({ role }) => role === "real-build-script");
  const others = [
    ...standIns.map(({ path }) => standInFor(pathBelow(plan.place, path), unit.shim, seconds)),
    ...cargos,
    text(`${hashFile}.json`, fingerprint.json),
    text(hashFile, fingerprint.hash),
  ];
  const layDown = async () => {
    const outputs = await Promise.all(
      record.outputs.map((output) => prepareOutput(output, unit, seconds, store)),
    );
    const placed = await writer.perform([
      { kind: "roots", roots: inLatin1(plan.roots) },
      ...outputs.map(({ operation }) => operation),
      ...others,
    ]);
    outputs.filter(isPrepared).forEach(({ done }, at) => {
      const file = placed[at];
      if (file !== undefined) done(file);
    });
  };
  try {
    await layDown();
  } catch (thrown) {
    if (!(thrown instanceof GreenError && thrown.code === "busy")) throw thrown;
    await layDown(); // stored files that are not as they were left are looked at now
  }
}

/** The file of a fingerprint's hash, by which Cargo goes. Throws as `pathBelow` does. */
function hashFileIn(target: string, { fingerprint }: Pick<ReplayEntry, "fingerprint">): string {
  return pathBelow(pathBelow(target, fingerprint.directory), fingerprint.name);
}

/** A copy, not a link: see `placeStandIn`. */
function standInFor(real: string, shim: string, mtime: number): FileOperation {
  const path = real.slice(0, -REAL_SUFFIX.length);
  return { kind: "place", path, source: shim, link: false, mode: STAND_IN_MODE, mtime, left: undefined };
}

function text(path: string, content: string): FileOperation {
  return { kind: "write", path, bytes: Buffer.from(content, "latin1"), mtime: undefined };
}

/** What Cargo keeps of a unit, but for the fingerprint itself. */
function cargoFiles({ entry, roots, target }: UnitToLay, seconds: number): readonly FileOperation[] {
  const latin1 = inLatin1(roots);
  const { run, fingerprint } = entry;
  return [
    { kind: "roots", roots: latin1 },
    ...(run === undefined ? [] : filesHere(pathBelow(target, run.directory), run.files, latin1, seconds)),
    ...filesHere(pathBelow(target, fingerprint.directory), fingerprint.files, latin1, seconds),
  ];
}

async function prepareOutput(
  output: OutputFile,
  { plan, mtime, entry }: UnitToLay,
  seconds: number,
  store: Pick<UnitStore, "prepare">,
): Promise<Prepared | { readonly operation: FileOperation }> {
  const path = pathBelow(plan.place, output.path);
  if (output.path.endsWith("/")) return { operation: { kind: "directory", path } };
  if (output.role === "dep-info") {
    const stored = entry.depInfo[output.path];
    if (stored === undefined) throw new TypeError(`an entry lacks "${output.path}"`);
    if (expandsAlike(plan.roots))
      return { operation: { kind: "expand", path, text: stored, mtime: seconds } };
    const bytes = expandDepInfo(Buffer.from(stored, "latin1"), plan.roots);
    return { operation: { kind: "write", path, bytes, mtime: seconds } };
  }
  return store.prepare(output, path, { link: isReplaced(output, plan), mtime });
}

/** True for a file that nobody writes to again, but puts another in its place. */
function isReplaced({ path, role }: OutputFile, { identity, replacesLinked }: UnitToLay["plan"]): boolean {
  if (role === "real-build-script") return true; // linkers do not know it
  // What a build script left in OUT_DIR may be written to by whoever finds it, and executables by their users.
  if (identity.kind === "build-script-run") return false;
  return LIBRARY.test(path) || (identity.kind === "proc-macro" && replacesLinked);
}

function isPrepared(output: Prepared | { readonly operation: FileOperation }): output is Prepared {
  return "done" in output;
}
