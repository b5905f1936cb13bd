// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitRecord } from "../../unit/record.ts";
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
    [`${OURS}schema`]: String(schema),
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
    [`${OURS}instance`]: instance,
  };
}

/** What is known of a unit before its sources are read: by that a build asks for it. */
export const PRE_KEY = `${OURS}pre-key`;

/** What a pack is for, and how many units it has. */
export function packAnnotations(scope: PackScope, id: string, units: number, part: PackPart): Annotations {
  return {
    "org.opencontainers.image.title": `${units} units for ${scope.triple}, ${scope.profile}`,
    [`${OURS}pack`]: id,
    [`${OURS}units`]: String(units),
    [`${OURS}triple`]: scope.triple,
    [`${OURS}profile`]: scope.profile,
    [`${OURS}mode`]: scope.mode,
    [`${OURS}rustc`]: scope.rustc,
    ...(part.of > 1 && { [`${OURS}part`]: `${part.number} of ${part.of}` }),
  };
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
