// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  isArray,
  isObject,
  isText,
  isTexts,
  type Json,
  type JsonObject,
  parseExactJson,
  u64FromJson,
} from "./exact-json.ts";
import { type FingerprintHash, hashFromU64, isFingerprintHash } from "./fingerprint-hash.ts";
import { type LocalFingerprint, localsFromJson, writeLocal } from "./local-fingerprint.ts";
import { StableHasher } from "./stable-hasher.ts";

/**
 * What Cargo writes beside a unit's hash file, `<kind>-<name>.json` (the struct `Fingerprint` in Cargo's
 * `core/compiler/fingerprint/mod.rs`, 1.95 and 1.97). Numbers are u64 hashes of what they are named after.
 * Of a build script's run all but `rustc`, `deps`, `local` and `rustflags` is 0 or empty.
 */
export interface Fingerprint {
  /** Of the output of `rustc -vV`. */
  readonly rustc: bigint;
  /** Debug form of a sorted list. */
  readonly features: string;
  readonly declaredFeatures: string;
  readonly target: bigint;
  readonly profile: bigint;
  /** `pathHash(sourcePath(…))` of the target's root source file. */
  readonly path: bigint;
  readonly deps: readonly FingerprintDep[];
  readonly local: readonly LocalFingerprint[];
  readonly rustflags: readonly string[];
  readonly config: bigint;
  readonly compileKind: bigint;
  /** All of it, with fields that only other Cargos know. */
  readonly json: JsonObject;
}

/** An edge to a unit that this one is stale with. */
export interface FingerprintDep {
  /** Of a path package's name, or of name, version and source of any other: the same in every checkout. */
  readonly packageId: bigint;
  readonly externName: string;
  readonly public: boolean;
  readonly hash: FingerprintHash;
}

/** A fingerprint together with the hash that Cargo compares. */
export interface HashedFingerprint extends Fingerprint {
  /** The content of the hash file. */
  readonly hash: FingerprintHash;
}

export type ReadFingerprint =
  | { readonly ok: true; readonly fingerprint: HashedFingerprint }
  /**
   * `dirty`: the hash file is no hash (Cargo empties it before it compiles); `unknown-form`: no Cargo known to us
   * writes such a JSON; `other-hash`: this Cargo hashes something else than we do.
   */
  | { readonly ok: false; readonly reason: "dirty" | "unknown-form" | "other-hash" };

/**
 * Reads what Cargo wrote, and computes the hash anew: only a fingerprint that is reproduced may be rewritten.
 *
 * @param json content of `<kind>-<name>.json`, latin1 of the bytes
 * @param hash content of `<kind>-<name>`
 */
export function readFingerprint(json: string, hash: string): ReadFingerprint {
  if (!isFingerprintHash(hash)) return { ok: false, reason: "dirty" };
  const fingerprint = parseFingerprint(json);
  if (fingerprint === undefined) return { ok: false, reason: "unknown-form" };
  if (hashFingerprint(fingerprint) !== hash) return { ok: false, reason: "other-hash" };
  return { ok: true, fingerprint: { ...fingerprint, hash } };
}

/** Undefined for a form that no Cargo known to us writes; fields beside the known ones are kept in `json`. */
export function parseFingerprint(text: string): Fingerprint | undefined {
  return fingerprintFromJson(parseExactJson(text));
}

function fingerprintFromJson(json: Json | undefined): Fingerprint | undefined {
  if (!isObject(json)) return undefined;
  const { features, declared_features: declaredFeatures, rustflags } = json;
  const rustc = u64FromJson(json["rustc"]);
  const target = u64FromJson(json["target"]);
  const profile = u64FromJson(json["profile"]);
  const path = u64FromJson(json["path"]);
  const config = u64FromJson(json["config"]);
  const compileKind = u64FromJson(json["compile_kind"]);
  if (rustc === undefined || target === undefined || profile === undefined) return undefined;
  if (path === undefined || config === undefined || compileKind === undefined) return undefined;
  if (!isText(features) || !isText(declaredFeatures) || !isTexts(rustflags)) return undefined;
  const deps = depsFromJson(json["deps"]);
  const local = localsFromJson(json["local"]);
  if (deps === undefined || local === undefined) return undefined;
  const hashes = { rustc, target, profile, path, config, compileKind };
  return { ...hashes, features, declaredFeatures, deps, local, rustflags, json };
}

function depsFromJson(json: Json | undefined): readonly FingerprintDep[] | undefined {
  if (!isArray(json)) return undefined;
  const deps: FingerprintDep[] = [];
  for (const dep of json) {
    if (!isArray(dep) || dep.length !== 4) return undefined;
    const packageId = u64FromJson(dep[0]);
    const externName = dep[1];
    const isPublic = dep[2];
    const hash = u64FromJson(dep[3]);
    if (packageId === undefined || !isText(externName)) return undefined;
    if (typeof isPublic !== "boolean" || hash === undefined) return undefined;
    deps.push({ packageId, externName, public: isPublic, hash: hashFromU64(hash) });
  }
  return deps;
}

/** What the hash file holds (`impl Hash for Fingerprint`): a pure function of what the JSON says. */
export function hashFingerprint(fingerprint: Fingerprint): FingerprintHash {
  const { rustc, features, declaredFeatures, target, path, profile } = fingerprint;
  const { local, config, compileKind, rustflags, deps } = fingerprint;
  const hasher = new StableHasher();
  hasher.u64(rustc).str(features).str(declaredFeatures).u64(target).u64(path).u64(profile);
  hasher.halves(local.length);
  for (const each of local) writeLocal(hasher, each);
  hasher.u64(config).u64(compileKind);
  hasher.halves(rustflags.length);
  for (const flag of rustflags) hasher.str(flag);
  hasher.halves(deps.length);
  for (const dep of deps) {
    hasher.u64(dep.packageId).str(dep.externName).bool(dep.public).u64Hex(dep.hash);
  }
  return hashFromU64(hasher.finish());
}
