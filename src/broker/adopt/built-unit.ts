// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type HashedFingerprint, readFingerprint } from "../../cargo/fingerprint/fingerprint.ts";
import { buildScriptRunDirectory } from "../../cargo/target-layout.ts";
import { locateUnit } from "../replay/capture-entry.ts";
import { type Left, left } from "./left.ts";
import type { AskedUnit } from "./scratch-build.ts";

/** A unit that Cargo built in the user's directories, and would call fresh as far as flags and names go. */
export interface BuiltUnit {
  readonly fingerprint: HashedFingerprint;
  /** When it was begun, by the clock of the file system: nanoseconds since the epoch. */
  readonly start: bigint;
  /** When Cargo wrote down that it was finished. */
  readonly end: bigint;
  /** False if the directory was copied since: from another system, perhaps. */
  readonly isFromHere: boolean;
  /** What it printed, as far as Cargo keeps it. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Finds what the user's directories have of a unit. The fingerprint there must be the very one that Cargo has just
 * computed: so rustc, flags, profile, features, manifest and everything below are the same.
 *
 * @param outDir of the unit in the user's directories (`--out-dir`, OUT_DIR), and in the scratch ones
 */
export function findBuilt(
  { scratch, request }: AskedUnit,
  outDir: { readonly user: string; readonly scratch: string },
): BuiltUnit | Left {
  const expected = locateUnit(scratch, outDir.scratch);
  const found = locateUnit(request, outDir.user);
  if (expected === undefined) return left("unproven", "Cargo wrote no fingerprint for it");
  if (found === undefined) return left("not-built", "it was not built here");
  const name = fingerprintName(expected.fingerprint);
  if (name === undefined) return left("unproven", "Cargo wrote no fingerprint for it");
  const hash = readText(join(found.fingerprint, name));
  if (hash === undefined || hash === "") return left("not-built", "it was not built here to its end");
  if (hash !== readText(join(expected.fingerprint, name)))
    return left("otherwise", "it was built in another way: compiler, flags, profile or what is below it");
  const read = readFingerprint(readText(join(found.fingerprint, `${name}.json`)) ?? "", hash);
  if (!read.ok) return left("unproven", "this Cargo's fingerprints are not understood");
  const isRun = request.role === "build-script";
  const run = isRun ? buildScriptRunDirectory(outDir.user, found.place.layout) : found.fingerprint;
  const begun = statSync(join(run, "invoked.timestamp"), { bigint: true, throwIfNoEntry: false });
  const ended = statSync(join(found.fingerprint, name), { bigint: true });
  const now = BigInt(Date.now()) * 1_000_000n;
  if (begun === undefined || begun.mtimeNs > ended.mtimeNs || ended.mtimeNs > now + CLOCK_MARGIN_NS)
    return left("unproven", "when it was built cannot be told");
  const isFromHere = ended.ctimeNs === ended.mtimeNs; // Cargo wrote it, and nobody has touched it since
  const times = { start: begun.mtimeNs, end: ended.mtimeNs };
  const kept = (file: string) => readWithin(join(run, file), times);
  const stdout = isRun ? kept(found.place.layout === "v2" ? "stdout" : "output") : NOTHING;
  const stderr = kept(isRun ? "stderr" : `output-${name}`);
  if (stdout === "other" || stderr === "other" || (isRun && stdout === undefined))
    return left("changed", "what it printed was changed since");
  if (isRun && readText(join(run, "root-output")) !== Buffer.from(outDir.user, "utf8").toString("latin1"))
    return left("changed", "the target directory was somewhere else");
  return {
    fingerprint: read.fingerprint,
    ...times,
    isFromHere,
    stdout: stdout ?? NOTHING,
    stderr: stderr ?? NOTHING,
  };
}

/** A file system's clock may be ahead of ours by this: a second. */
const CLOCK_MARGIN_NS = 1_000_000_000n;
const NOTHING = Buffer.alloc(0);

/** A directory of a fingerprint holds one: a hash file and the JSON beside it. */
function fingerprintName(directory: string): string | undefined {
  const names = new Set(readdirSync(directory));
  const [name, ...others] = [...names].filter((each) => names.has(`${each}.json`));
  return others.length === 0 ? name : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Undefined if there is none; `other` if it is of another time than the unit. */
function readWithin(
  path: string,
  { start, end }: Pick<BuiltUnit, "start" | "end">,
): Buffer | "other" | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return found.mtimeNs >= start && found.mtimeNs <= end ? readFileSync(path) : "other";
}
