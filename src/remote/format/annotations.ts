// SPDX-License-Identifier: MIT OR Apache-2.0
import { type InstanceId, isSha256, type UnitKey } from "../../unit/digest.ts";
import {
  type PackageSource,
  RECORD_SCHEMA,
  UNIT_KINDS,
  type UnitIdentity,
  type UnitRecord,
} from "../../unit/record.ts";
import { PACK_MODES, type PackScope } from "./tag.ts";

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#rules: names of ours are below this. */
const OURS = "dev.cargo-green.";

export type Annotations = Readonly<Record<string, string>>;

/** The whole truth about a unit, of which its tag is a short form. */
export function unitAnnotations(record: UnitRecord): Annotations {
  const { identity, key, preKey, instance, privacy, schema } = record;
  return {
    "org.opencontainers.image.title": `${identity.package} ${identity.version}`,
    [VERSION]: identity.version,
    [CREATED]: dateText(record.provenance.created),
    [SCHEMA]: String(schema),
    [`${OURS}crate`]: identity.package,
    [`${OURS}source`]: identity.source,
    [`${OURS}kind`]: identity.kind,
    [`${OURS}name`]: identity.target,
    [`${OURS}features`]: identity.features.join(" "),
    [`${OURS}triple`]: identity.triple,
    [`${OURS}profile`]: identity.profile,
    [`${OURS}mode`]: identity.mode,
    [`${OURS}rustc`]: identity.rustc,
    [`${OURS}privacy`]: privacy.class,
    [`${OURS}key`]: key,
    [PRE_KEY]: preKey,
    [INSTANCE]: instance,
    [SIZE]: String(record.outputs.reduce((sum, { size }) => sum + size, 0)),
  };
}

/** When a unit was made; of a pack, its newest one. https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md */
export const CREATED = "org.opencontainers.image.created";
const VERSION = "org.opencontainers.image.version";
/** Version of the records. */
export const SCHEMA = `${OURS}schema`;
/** A pack's id. */
export const PACK = `${OURS}pack`;
/** Names a unit's result. */
export const INSTANCE = `${OURS}instance`;
/** Bytes of a unit's files. */
export const SIZE = `${OURS}size`;

/** What is known of a unit before its sources are read: by that a build asks for it. */
export const PRE_KEY = `${OURS}pre-key`;

/** What a unit's annotations say of it. */
export interface AnnotatedUnit {
  readonly identity: UnitIdentity;
  readonly key: UnitKey;
  readonly instance: InstanceId;
  readonly schema: number;
  /** Bytes of its files. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly privacy: "public" | "private";
}

const SOURCES: readonly PackageSource[] = ["crates-io", "registry", "git", "vendored", "path"];
const MODES: readonly UnitIdentity["mode"][] = ["build", "check", "clippy"];
const CLASSES = ["public", "private"] as const;

/** Reads `unitAnnotations`; undefined if something of it is missing. What they say is a claim, nothing more. */
export function annotatedUnit(annotations: Annotations): AnnotatedUnit | undefined {
  const text = (name: string) => annotations[`${OURS}${name}`];
  const oneOf = <T extends string>(words: readonly T[], name: string) =>
    words.find((each) => each === text(name));
  const [crate, version, target] = [text("crate"), annotations[VERSION], text("name")];
  const [triple, profile, rustc, features] = [
    text("triple"),
    text("profile"),
    text("rustc"),
    text("features"),
  ];
  const [source, kind, mode] = [oneOf(SOURCES, "source"), oneOf(UNIT_KINDS, "kind"), oneOf(MODES, "mode")];
  const [key, instance, privacy] = [text("key") ?? "", text("instance") ?? "", oneOf(CLASSES, "privacy")];
  const [schema, size, created] = [
    Number(annotations[SCHEMA]),
    Number(annotations[SIZE]),
    Date.parse(annotations[CREATED] ?? ""),
  ];
  if (crate === undefined || version === undefined || target === undefined || features === undefined)
    return undefined;
  if (triple === undefined || profile === undefined || rustc === undefined) return undefined;
  if (source === undefined || kind === undefined || mode === undefined || privacy === undefined)
    return undefined;
  if (!isSha256(key) || !isSha256(instance)) return undefined;
  if (![schema, size, created].every(Number.isSafeInteger)) return undefined;
  const identity = {
    ...{ package: crate, version, source, target, kind, triple, profile, rustc, mode },
    features: features.split(" ").filter((feature) => feature !== ""),
  };
  return { identity, key: key as UnitKey, instance: instance as InstanceId, schema, size, created, privacy };
}

/** What is to be known of a scope to annotate its packs. */
export type AnnotatedScope = Pick<PackScope, "rustc" | "triple" | "profile" | "mode">;

/** What a pack is for, how many units it has, and when the newest of them was made. */
export function packAnnotations(
  scope: AnnotatedScope,
  id: string,
  records: readonly UnitRecord[],
  part: PackPart,
): Annotations {
  const newest = records.reduce((latest, { provenance }) => Math.max(latest, provenance.created), 0);
  return {
    "org.opencontainers.image.title": `${records.length} units for ${scope.triple}, ${scope.profile}`,
    [CREATED]: dateText(newest),
    [SCHEMA]: String(RECORD_SCHEMA),
    [PACK]: id,
    [`${OURS}units`]: String(records.length),
    [`${OURS}triple`]: scope.triple,
    [`${OURS}profile`]: scope.profile,
    [`${OURS}mode`]: scope.mode,
    [`${OURS}rustc`]: scope.rustc,
    ...(part.of > 1 && { [`${OURS}part`]: `${part.number} of ${part.of}` }),
  };
}

/** The furthest that a date can be: https://tc39.es/ecma262/multipage/numbers-and-dates.html#sec-time-values-and-time-range */
const LAST_DATE = 8.64e15;

/** RFC 3339, whatever a record says that came from elsewhere. */
function dateText(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), LAST_DATE)).toISOString();
}

/** What a pack's annotations say of it. */
export interface AnnotatedPack {
  readonly id: string;
  readonly scope: AnnotatedScope;
  readonly schema: number;
  /** When its newest unit was made, milliseconds since the epoch. */
  readonly created: number;
  /** In how many parts it is. */
  readonly parts: number;
}

/** Reads `packAnnotations`; undefined if something of it is missing. */
export function annotatedPack(annotations: Annotations): AnnotatedPack | undefined {
  const text = (name: string) => annotations[`${OURS}${name}`];
  const [id, rustc, triple, profile] = [annotations[PACK], text("rustc"), text("triple"), text("profile")];
  const mode = PACK_MODES.find((each) => each === text("mode"));
  const [schema, created] = [Number(annotations[SCHEMA]), Date.parse(annotations[CREATED] ?? "")];
  if (id === undefined || rustc === undefined || triple === undefined || profile === undefined)
    return undefined;
  if (mode === undefined || ![schema, created].every(Number.isSafeInteger)) return undefined;
  return { id, scope: { rustc, triple, profile, mode }, schema, created, parts: partsOf(annotations) };
}

/** A pack with very many layers is several, each complete in itself. */
export interface PackPart {
  /** From 1 on. */
  readonly number: number;
  readonly of: number;
}

/** Bytes of a layer's tar, so that who unpacks it knows where to stop. */
export const TAR_SIZE = `${OURS}tar-size`;
/** Digest of a layer's tar, where the layer may be that of an image: it holds one unit. */
export const DIFF_ID = `${OURS}diff-id`;

/** How many parts a pack has, by its annotations; 1 where nothing is said. */
export function partsOf(annotations: Annotations): number {
  const [, parts] = /^\d+ of (\d{1,4})$/.exec(annotations[`${OURS}part`] ?? "") ?? [];
  return parts === undefined ? 1 : Math.max(1, Number(parts));
}
