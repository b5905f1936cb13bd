// SPDX-License-Identifier: MIT OR Apache-2.0
import { u64ToJson, writeExactJson } from "./exact-json.ts";
import { type HashedFingerprint, hashFingerprint } from "./fingerprint.ts";
import { type FingerprintHash, hashToU64 } from "./fingerprint-hash.ts";
import { type LocalFingerprint, localToJson } from "./local-fingerprint.ts";
import { precalculatedBy } from "./precalculated.ts";
import type { Reroot } from "./reroot.ts";

/** What is another at the place that a fingerprint is rewritten for. */
export interface FingerprintChanges {
  /** The new field `path`, a `pathHash`. Default: as it was. A build script's run has none, and keeps it so. */
  readonly path?: bigint;
  /** Old hash → new hash, of all dependencies, those that did not change included: a walk from the bottom up. */
  readonly deps: ReadonlyMap<FingerprintHash, FingerprintHash>;
  /** For absolute paths of `rerun-if-changed` and values of `rerun-if-env-changed`. Default: no path has a new place. */
  readonly reroot?: Reroot;
}

export type RewrittenFingerprint =
  | { readonly ok: true; readonly fingerprint: HashedFingerprint }
  | CannotRewrite;

/**
 * `unknown-dependency`: `deps` has no entry for the hash in `detail`; `no-place`: `reroot` has none for the path in
 * `detail`; `mtime`: the fingerprint is that of the package's newest file, with its time (`detail`).
 */
export interface CannotRewrite {
  readonly ok: false;
  readonly reason: "unknown-dependency" | "no-place" | "mtime";
  readonly detail: string;
}

/**
 * The fingerprint that Cargo computes for the same unit at another place. Its JSON text is `fingerprintText`.
 * Whether the unit is fresh there is for the caller to know: sources, variables and outputs are not looked at.
 */
export function rewriteFingerprint(
  from: HashedFingerprint,
  changes: FingerprintChanges,
): RewrittenFingerprint {
  const deps = from.deps.map((dep) => ({ ...dep, hash: changes.deps.get(dep.hash) }));
  const unknown = deps.findIndex(({ hash }) => hash === undefined);
  if (unknown >= 0) return cannot("unknown-dependency", from.deps[unknown]?.hash);
  const local: LocalFingerprint[] = [];
  for (const each of from.local) {
    const moved = moveLocal(each, changes.reroot);
    if ("ok" in moved) return moved;
    local.push(moved);
  }
  const path = from.path === 0n ? 0n : (changes.path ?? from.path);
  const known = deps.flatMap(({ hash, ...dep }) => (hash === undefined ? [] : [{ ...dep, hash }]));
  const json = {
    ...from.json,
    path: u64ToJson(path),
    deps: known.map((dep) => [
      u64ToJson(dep.packageId),
      dep.externName,
      dep.public,
      u64ToJson(hashToU64(dep.hash)),
    ]),
    local: local.map(localToJson),
  };
  const to = { ...from, path, deps: known, local, json };
  return { ok: true, fingerprint: { ...to, hash: hashFingerprint(to) } };
}

function moveLocal(
  local: LocalFingerprint,
  reroot: FingerprintChanges["reroot"],
): LocalFingerprint | CannotRewrite {
  if (local.kind === "precalculated" && precalculatedBy(local.text) === "mtime") {
    return cannot("mtime", local.text);
  }
  if (local.kind === "rerun-if-env-changed" && local.value !== undefined) {
    return { ...local, value: reroot?.value?.(local.value, local.name) ?? local.value };
  }
  if (local.kind !== "rerun-if-changed") return local;
  const paths: string[] = [];
  for (const path of local.paths) {
    const moved = path.startsWith("/") ? reroot?.path(path) : path;
    if (moved === undefined) return cannot("no-place", path);
    paths.push(moved);
  }
  return { ...local, paths };
}

function cannot(reason: CannotRewrite["reason"], detail = ""): CannotRewrite {
  return { ok: false, reason, detail };
}

/** What `<kind>-<name>.json` holds, byte for byte as Cargo would write it (latin1). */
export function fingerprintText(fingerprint: HashedFingerprint): string {
  return writeExactJson(fingerprint.json);
}
