// SPDX-License-Identifier: MIT OR Apache-2.0
import { isArray, isObject, isText, isTexts, type Json } from "./exact-json.ts";
import { writePath } from "./path-hash.ts";
import type { StableHasher } from "./stable-hasher.ts";

/**
 * What makes a unit stale by itself, apart from its dependencies (Cargo's `LocalFingerprint`). Paths are relative to
 * the build directory (`depInfo`, `output`) or to the package (`paths`, unless absolute: outside it).
 */
export type LocalFingerprint =
  | { readonly kind: "precalculated"; readonly text: string }
  | CheckDepInfo
  | { readonly kind: "rerun-if-changed"; readonly output: string; readonly paths: readonly string[] }
  | { readonly kind: "rerun-if-env-changed"; readonly name: string; readonly value: string | undefined };

/** A compilation: stale if a file in its dep-info is newer, or with `byContents` other than it was. */
interface CheckDepInfo {
  readonly kind: "dep-info";
  readonly depInfo: string;
  readonly byContents: boolean;
  /** A boolean `checksum` up to Cargo 1.98 at least, in newer ones `fingerprint`, "mtime" or "content". */
  readonly field: "checksum" | "fingerprint";
}

/** Undefined for a form that no Cargo known to us writes. */
export function localFromJson(json: Json): LocalFingerprint | undefined {
  const [[variant, value] = [], ...others] = isObject(json) ? Object.entries(json) : [];
  if (others.length > 0) return undefined;
  if (variant === "Precalculated") {
    return isText(value) ? { kind: "precalculated", text: value } : undefined;
  }
  if (!isObject(value)) return undefined;
  const [[first, a] = [], [second, b] = [], ...more] = Object.entries(value);
  if (more.length > 0 || !isText(a)) return undefined;
  switch (`${variant} ${first} ${second}`) {
    case "CheckDepInfo dep_info checksum":
      if (typeof b !== "boolean") return undefined;
      return { kind: "dep-info", depInfo: a, byContents: b, field: "checksum" };
    case "CheckDepInfo dep_info fingerprint":
      if (b !== "mtime" && b !== "content") return undefined;
      return { kind: "dep-info", depInfo: a, byContents: b === "content", field: "fingerprint" };
    case "RerunIfChanged output paths":
      return isTexts(b) ? { kind: "rerun-if-changed", output: a, paths: b } : undefined;
    case "RerunIfEnvChanged var val":
      if (b !== null && !isText(b)) return undefined;
      return { kind: "rerun-if-env-changed", name: a, value: b ?? undefined };
    default:
      return undefined;
  }
}

/** The inverse of `localFromJson`. */
export function localToJson(local: LocalFingerprint): Json {
  switch (local.kind) {
    case "precalculated":
      return { Precalculated: local.text };
    case "dep-info": {
      const { depInfo: dep_info, byContents } = local;
      const byField = local.field === "checksum" ? byContents : byContents ? "content" : "mtime";
      return { CheckDepInfo: { dep_info, [local.field]: byField } };
    }
    case "rerun-if-changed":
      return { RerunIfChanged: { output: local.output, paths: local.paths } };
    case "rerun-if-env-changed":
      return { RerunIfEnvChanged: { var: local.name, val: local.value ?? null } };
  }
}

/** Undefined unless each is understood. */
export function localsFromJson(json: Json | undefined): readonly LocalFingerprint[] | undefined {
  if (!isArray(json)) return undefined;
  const locals = json.map(localFromJson).filter((local) => local !== undefined);
  return locals.length === json.length ? locals : undefined;
}

/** Feeds it as Cargo's `#[derive(Hash)]` does: the variant's position, then its fields. */
export function writeLocal(hasher: StableHasher, local: LocalFingerprint): void {
  switch (local.kind) {
    case "precalculated":
      hasher.discriminant(0).str(local.text);
      break;
    case "dep-info":
      writePath(hasher.discriminant(1), local.depInfo);
      hasher.bool(local.byContents); // the newer enum's discriminants are hashed as the same bytes
      break;
    case "rerun-if-changed":
      writePath(hasher.discriminant(2), local.output);
      hasher.halves(local.paths.length);
      for (const path of local.paths) writePath(hasher, path);
      break;
    case "rerun-if-env-changed":
      hasher.discriminant(3).str(local.name);
      if (local.value === undefined) hasher.discriminant(0);
      else hasher.discriminant(1).str(local.value);
      break;
  }
}
