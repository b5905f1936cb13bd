// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId, UnitKey } from "../unit/digest.ts";
import type { PackageSource, SandboxNote, UnitIdentity, UnitKind } from "../unit/record.ts";
import { toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { RecordRow } from "./store.ts";

/** The columns of `records` that `toRecordRow` reads. */
export const ROW_COLUMNS = `id, instance, key, package, version, source, target, kind, features, triple, profile, rustc,
  mode, size, files, created, used, took_ms, privacy, privacy_reason, sandbox, pinned, schema`;

/** A row of `records`, as SQLite gives it. */
export interface RecordColumns {
  readonly id: number;
  readonly instance: Uint8Array;
  readonly key: Uint8Array;
  readonly package: string;
  readonly version: string;
  readonly source: PackageSource;
  readonly target: string;
  readonly kind: UnitKind;
  readonly features: string;
  readonly triple: string;
  readonly profile: string;
  readonly rustc: string;
  readonly mode: UnitIdentity["mode"];
  readonly size: number;
  readonly files: number;
  readonly created: number;
  readonly used: number;
  readonly took_ms: number;
  readonly privacy: "public" | "private";
  readonly privacy_reason: string;
  readonly sandbox: SandboxNote["mode"];
  readonly pinned: number;
  readonly schema: number;
}

/** Index columns as the catalog's row. */
export function toRecordRow(columns: RecordColumns): RecordRow {
  return {
    id: columns.id,
    key: toHex<UnitKey>(columns.key),
    instance: toHex<InstanceId>(columns.instance),
    identity: {
      package: columns.package,
      version: columns.version,
      source: columns.source,
      target: columns.target,
      kind: columns.kind,
      features: JSON.parse(columns.features) as string[],
      triple: columns.triple,
      profile: columns.profile,
      rustc: columns.rustc,
      mode: columns.mode,
    },
    size: columns.size,
    files: columns.files,
    created: columns.created,
    used: columns.used,
    tookMs: columns.took_ms,
    privacy: columns.privacy,
    privacyReason: columns.privacy_reason,
    sandbox: columns.sandbox,
    pinned: columns.pinned !== 0,
    schema: columns.schema,
  };
}

/** Rows of the records that name a file, by the file's id in the index. */
export function rowsUsingFile(index: IndexDatabase, file: number): RecordRow[] {
  return index
    .sql<RecordColumns>(
      `SELECT ${ROW_COLUMNS} FROM records WHERE id IN (SELECT record FROM outputs WHERE file = ?) ORDER BY id`,
    )
    .all(file)
    .map(toRecordRow);
}
