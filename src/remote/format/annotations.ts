// SPDX-License-Identifier: MIT OR Apache-2.0
import { RECORD_SCHEMA, type UnitRecord } from "../../unit/record.ts";
import type { PackScope } from "./tag.ts";

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#rules: names of ours are below this. */
const OURS = "dev.cargo-green.";

export type Annotations = Readonly<Record<string, string>>;

/** The whole truth about a unit, of which its tag is a short form. */
export function unitAnnotations(record: UnitRecord): Annotations {
  const { identity, key, preKey, instance, privacy, schema } = record;
  return {
    "org.opencontainers.image.title": `${identity.package} ${identity.version}`,
    "org.opencontainers.image.version": identity.version,
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

/** A pack with very many layers is several, each complete in itself. */
export interface PackPart {
  /** From 1 on. */
  readonly number: number;
  readonly of: number;
}

/** Bytes of a layer's tar, so that who unpacks it knows where to stop. */
export const TAR_SIZE = `${OURS}tar-size`;
/** Digest of a layer's tar. */
export const DIFF_ID = `${OURS}diff-id`;

/** How many parts a pack has, by its annotations; 1 where nothing is said. */
export function partsOf(annotations: Annotations): number {
  const [, parts] = /^\d+ of (\d{1,4})$/.exec(annotations[`${OURS}part`] ?? "") ?? [];
  return parts === undefined ? 1 : Math.max(1, Number(parts));
}
