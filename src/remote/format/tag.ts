// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitKey } from "../../unit/digest.ts";
import { digestOf } from "../../unit/digest.ts";
import type { UnitIdentity } from "../../unit/record.ts";

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** Digits of a key in a tag: more units than anybody has are told apart by them, and the whole key is in the image. */
const KEY_DIGITS = 16;
/** A part that is longer, or has other characters than tags may have, is replaced by its hash. */
const LONGEST_PART = 40;

/** True if a registry takes `text` as a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** A name within the grammar of tags, without dots at its ends, as dots separate; else the hash of it. */
function part(text: string): string {
  const plain = text.replaceAll("+", "_");
  return /^\w[\w.-]*$/.test(plain) && plain.length <= LONGEST_PART
    ? plain
    : `h${digestOf(text).slice(0, 12)}`;
}

/** What units of one toolchain, target and profile have in common; the first parts of a pack's tag. */
export interface PackScope {
  /** Release of the compiler, e.g. `1.95.0`. */
  readonly rustc: string;
  /** What `rustc -vV` prints: tells nightlies of one release apart. */
  readonly rustcVersion: string;
  readonly triple: string;
  /** `debug`, `release`, or another profile's name. */
  readonly profile: string;
  /** What Cargo was asked for: units of `cargo check` are of no use to `cargo build`. */
  readonly mode: PackMode;
}

export const PACK_MODES = ["build", "check", "test"] as const;
export type PackMode = (typeof PACK_MODES)[number];

/** `pack.<rustc>-<hash of its -vV>.<triple>.<profile>.<mode>.`: what the tags of all packs of a scope begin with. */
export function packPrefix({ rustc, rustcVersion, triple, profile, mode }: PackScope): string {
  const compiler = `${part(rustc)}-${digestOf(rustcVersion).slice(0, 8)}`;
  return `pack.${compiler}.${part(triple)}.${part(profile)}.${mode}.`;
}

/** A pack's tag: its scope, a sketch of its packages by which a near one is found, and its own name. */
export function packTag(scope: PackScope, sketch: string, id: string): string {
  return `${packPrefix(scope)}${sketch}.${id}`;
}

/** Sketch and id of a tag of this scope; undefined for other tags. */
export function parsePackTag(
  tag: string,
  scope: PackScope,
): { readonly sketch: string; readonly id: string } | undefined {
  const prefix = packPrefix(scope);
  const [, sketch, id] = tag.startsWith(prefix)
    ? (/^([0-9a-f]+)\.([0-9a-f]+)$/.exec(tag.slice(prefix.length)) ?? [])
    : [];
  return sketch === undefined || id === undefined ? undefined : { sketch, id };
}

/** `<crate>-<version>.<rustc>.<triple>.<profile>.`: what the tags of all results of a unit begin with. */
export function unitTagPrefix(
  identity: Pick<UnitIdentity, "package" | "version" | "rustc" | "triple" | "profile">,
): string {
  const { package: name, version, rustc, triple, profile } = identity;
  return `${part(`${name}-${version}`)}.${part(rustc)}.${part(triple)}.${part(profile)}.`;
}

/** A unit's tag. The whole truth is in the annotations of what it leads to. */
export function unitTag(identity: UnitIdentity, key: UnitKey): string {
  return `${unitTagPrefix(identity)}${key.slice(0, KEY_DIGITS)}`;
}

/** What a unit's tag says; undefined for what is there as a hash only. */
export interface UnitTagParts {
  readonly package: string | undefined;
  readonly version: string | undefined;
  readonly rustc: string | undefined;
  readonly triple: string | undefined;
  readonly profile: string | undefined;
  /** The first 16 digits. */
  readonly key: string;
}

const HASH = /^h[0-9a-f]{12}$/;
/** Releases, nightlies (`1.97.0-nightly`) and betas (`1.96.0-beta.2`); or the hash of anything else. */
const RELEASE = String.raw`h[0-9a-f]{12}|\d+\.\d+\.\d+(?:-[A-Za-z]+(?:\.\d+)?)?`;
/** Some triples have a dot (`thumbv8m.main-none-eabi`), but no profile has. */
const UNIT_TAG = new RegExp(String.raw`^(.+)\.(${RELEASE})\.(.+?)\.([^.]+)\.([0-9a-f]{${KEY_DIGITS}})$`);

/** Takes a unit's tag apart; undefined for other tags. */
export function parseUnitTag(tag: string): UnitTagParts | undefined {
  const [, crate, rustc, triple, profile, key] = UNIT_TAG.exec(tag) ?? [];
  if (crate === undefined || key === undefined || !isUnitTag(tag)) return undefined;
  // A crate's name has no dots, so its version is what follows the first `-` before three numbers.
  const [, name, version] = /^([^.]+?)-(\d+\.\d+\.\d+.*)$/.exec(crate) ?? [];
  return {
    ...{ package: name, version: version?.replaceAll("_", "+") },
    ...{ rustc: unhashed(rustc), triple: unhashed(triple), profile: unhashed(profile), key },
  };
}

function unhashed(text: string | undefined): string | undefined {
  return text === undefined || HASH.test(text) ? undefined : text;
}

/** What a pack's tag says, without knowing its scope. */
export interface PackTagParts extends Pick<UnitTagParts, "rustc" | "triple" | "profile"> {
  readonly mode: PackMode;
  readonly sketch: string;
  readonly id: string;
  /** The tag of the first part. */
  readonly whole: string;
  /** From 1 on. */
  readonly part: number;
}

const PACK_TAG = new RegExp(
  String.raw`^(pack\.(${RELEASE})-[0-9a-f]{8}\.(.+)\.([^.]+)\.(${PACK_MODES.join("|")})\.([0-9a-f]+)\.([0-9a-f]{16}))(?:\.p(\d{1,4}))?$`,
);

/** Takes a pack's tag apart; undefined for other tags. */
export function parseAnyPackTag(tag: string): PackTagParts | undefined {
  const [, whole, rustc, triple, profile, mode, sketch, id, part = "1"] = PACK_TAG.exec(tag) ?? [];
  const known = PACK_MODES.find((each) => each === mode);
  if (whole === undefined || sketch === undefined || id === undefined || known === undefined)
    return undefined;
  return {
    ...{ rustc: unhashed(rustc), triple: unhashed(triple), profile: unhashed(profile) },
    ...{ mode: known, sketch, id, whole, part: Number(part) },
  };
}

/** True for tags that this program may have written: nothing else is ever removed. */
export function isOurTag(tag: string): boolean {
  return isTag(tag) && (/^pack\..+\.[0-9a-f]+\.[0-9a-f]{16}(?:\.p\d+)?$/.test(tag) || isUnitTag(tag));
}

function isUnitTag(tag: string): boolean {
  return new RegExp(`^[^.].*\\..+\\.[0-9a-f]{${KEY_DIGITS}}$`).test(tag) && !tag.startsWith("pack.");
}
