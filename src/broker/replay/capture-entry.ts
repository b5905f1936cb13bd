// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readFingerprint } from "../../cargo/fingerprint/fingerprint.ts";
import { precalculatedBy } from "../../cargo/fingerprint/precalculated.ts";
import { normaliseText, type PathRoots } from "../../cargo/roots.ts";
import { parseRustcArgv } from "../../cargo/rustc-argv.ts";
import {
  buildScriptRunDirectory,
  fingerprintDirectory,
  placeInTarget,
  type TargetPlace,
} from "../../cargo/target-layout.ts";
import { inLatin1 } from "../bytes-text.ts";
import type { ShimRequest } from "../protocol.ts";
import { storeCall } from "./call.ts";
import { ENTRY_SCHEMA, type ReplayEntry, type StoredFingerprint } from "./entry.ts";
import { findFingerprintOfLibrary } from "./find-fingerprint.ts";
import { isElsewhere, readFiles } from "./stored-files.ts";

/** An entry but for what stands in the record. */
export type CapturedEntry = Omit<ReplayEntry, "result" | "depInfo" | "hasOwnPlan">;

export interface CaptureContext {
  /** The build's places, TARGET being the build directory. */
  readonly roots: PathRoots;
  /** The environment that Cargo was started with. */
  readonly ambient: ReadonlyMap<string, string>;
  readonly workspace: string;
}

/**
 * What Cargo wrote about a unit that it has just finished; undefined where that is not enough to lay it down again.
 *
 * @param place the unit's `--out-dir` or OUT_DIR
 * @param immutable true if its package's sources cannot change
 */
export function captureEntry(
  request: ShimRequest,
  place: string,
  immutable: boolean,
  { roots, ambient, workspace }: CaptureContext,
): CapturedEntry | undefined {
  const call = storeCall(request, ambient, roots);
  const where = locateUnit(request, place);
  const target = roots.roots.find(({ name }) => name === "TARGET")?.path;
  if (call === undefined || where === undefined || where.place.root !== target) return undefined;
  const latin1 = inLatin1(roots);
  const fingerprint = readStoredFingerprint(where.fingerprint, latin1, immutable);
  if (fingerprint === undefined) return undefined;
  const run =
    request.role === "build-script" ? buildScriptRunDirectory(place, where.place.layout) : undefined;
  const ran = run === undefined ? undefined : readFiles(run, [], latin1);
  if (run !== undefined && ran === undefined) return undefined;
  const below = (directory: string) => relative(target, directory);
  return {
    schema: ENTRY_SCHEMA,
    call,
    fingerprint: { ...fingerprint.stored, directory: below(where.fingerprint) },
    ...(run !== undefined && ran !== undefined && { run: { directory: below(run), files: ran.files } }),
    ...((fingerprint.namesOthers || !fingerprint.stored.reproduced) && { onlyIn: workspace }),
  };
}

/** Where Cargo keeps the fingerprint of the unit behind a request; undefined if it is not there. */
export function locateUnit(
  { role, argv, env }: ShimRequest,
  directory: string,
): { readonly place: TargetPlace; readonly fingerprint: string } | undefined {
  const name = env.get("CARGO_PKG_NAME");
  const parsed = role === "build-script" ? undefined : parseRustcArgv(argv.slice(role === "rustc" ? 1 : 2));
  if (name === undefined || (parsed !== undefined && "uncacheable" in parsed)) return undefined;
  const place = placeInTarget(directory, parsed === undefined ? env.get("TARGET") : parsed.target);
  if (place === undefined) return undefined;
  const fingerprint =
    fingerprintDirectory(directory, place, name, parsed?.extraFilename ?? "") ??
    (parsed && findFingerprintOfLibrary(place.profileDir, name, parsed.crateName));
  return fingerprint === undefined || !existsSync(fingerprint) ? undefined : { place, fingerprint };
}

/** A text in JSON that is a path. */
const ABSOLUTE = /"(\/[^"]*)"/g;

/** A directory of a fingerprint holds one: a hash file and the JSON beside it. */
function readStoredFingerprint(
  directory: string,
  roots: PathRoots,
  immutable: boolean,
): { readonly stored: Omit<StoredFingerprint, "directory">; readonly namesOthers: boolean } | undefined {
  const names = new Set(readdirSync(directory));
  const pairs = [...names].filter((name) => names.has(`${name}.json`));
  const [name] = pairs;
  if (name === undefined || pairs.length > 1) return undefined;
  const [hash, json] = [name, `${name}.json`].map((each) => readFileSync(join(directory, each), "latin1"));
  if (hash === undefined || json === undefined) return undefined;
  const read = readFingerprint(json, hash);
  if (!read.ok && read.reason === "dirty") return undefined;
  const local = read.ok ? read.fingerprint.local : [];
  const isOfThisCheckout = local.some(
    (each) => each.kind === "precalculated" && precalculatedBy(each.text) === "mtime",
  );
  if (isOfThisCheckout && !immutable) return undefined;
  const rest = readFiles(directory, [name, `${name}.json`], roots);
  if (rest === undefined) return undefined;
  const placed = normaliseText(json, roots);
  return {
    stored: { name, hash, json: placed, reproduced: read.ok, files: rest.files },
    namesOthers:
      rest.namesOthers || [...placed.matchAll(ABSOLUTE)].some(([, path = ""]) => isElsewhere(path)),
  };
}
