// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OciDigest } from "../../remote/descriptor.ts";
import type { AnnotatedUnit } from "../../remote/format/annotations.ts";
import type { UnitRecord } from "../../unit/record.ts";

/** Where in a remote a unit is. */
export interface RemotePlace {
  /** An image of its own, or among others. */
  readonly kind: "image" | "pack";
  readonly tag: string;
  /** Of the manifest. */
  readonly digest: OciDigest;
}

/** A row of `cache ls REMOTE`. */
export interface RemoteRow extends AnnotatedUnit {
  readonly place: RemotePlace;
}

/** The row of a unit whose record is at hand. */
export function rowOf(record: UnitRecord, place: RemotePlace): RemoteRow {
  const { identity, key, instance, privacy, schema, provenance, outputs } = record;
  const size = outputs.reduce((sum, output) => sum + output.size, 0);
  return {
    ...{ identity, key, instance, schema, size },
    ...{ created: provenance.created, privacy: privacy.class, place },
  };
}
