// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import type { OutputFile, SandboxNote, UnitRecord } from "../unit/record.ts";
import { toBlob } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import { MAX_INPUT_SETS } from "./store.ts";
import { versionOrder } from "./version-order.ts";

/** What a record's row says beyond the record. */
export interface RowExtras {
  /** Milliseconds since the epoch. */
  readonly used: number;
  readonly pinned: boolean;
}

/** Records of schema 1 do not say. */
function sandboxMode({ provenance }: UnitRecord): SandboxNote["mode"] {
  const { sandbox }: { readonly sandbox?: SandboxNote } = provenance;
  return sandbox?.mode ?? "none";
}

/** Answers the index's id of an output's file, or throws if there is no such file. */
export type FileIdOf = (output: OutputFile) => number;

function noteInputSet(index: IndexDatabase, record: UnitRecord, used: number): number {
  const { files, env } = record.inputSet;
  const json = JSON.stringify({ files, env });
  const preKey = toBlob(record.preKey);
  const id = index
    .sql<{ id: number }>(
      `INSERT INTO input_sets (pre_key, digest, json, used) VALUES (?, ?, ?, ?)
       ON CONFLICT (pre_key, digest) DO UPDATE SET used = max(used, excluded.used) RETURNING id`,
    )
    .get(preKey, hash("sha256", json, "buffer"), json, used)?.id;
  index
    .sql(
      `DELETE FROM input_sets WHERE id IN
       (SELECT id FROM input_sets WHERE pre_key = ? ORDER BY used DESC, id DESC LIMIT -1 OFFSET ?)`,
    )
    .run(preKey, MAX_INPUT_SETS);
  return id ?? 0;
}

/**
 * Enters a record's summary, its outputs and its input set. A row of the same instance keeps its id and its pin.
 * To be called within a transaction.
 */
export function insertRecord(
  index: IndexDatabase,
  record: UnitRecord,
  fileIdOf: FileIdOf,
  extras: RowExtras,
): number {
  const files = new Set(record.outputs.map(fileIdOf));
  const { identity } = record;
  const id = index
    .sql<{ id: number }>(
      `INSERT INTO records (instance, key, pre_key, input_set, package, version, version_order, source, target, kind,
         features, triple, profile, rustc, mode, size, files, created, used, took_ms, privacy, privacy_reason, sandbox, pinned,
         schema)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (instance) DO UPDATE SET key = excluded.key, pre_key = excluded.pre_key,
         input_set = excluded.input_set, package = excluded.package, version = excluded.version,
         version_order = excluded.version_order, source = excluded.source, target = excluded.target,
         kind = excluded.kind, features = excluded.features, triple = excluded.triple, profile = excluded.profile,
         rustc = excluded.rustc, mode = excluded.mode, size = excluded.size, files = excluded.files,
         created = excluded.created, used = max(used, excluded.used), took_ms = excluded.took_ms,
         privacy = excluded.privacy, privacy_reason = excluded.privacy_reason, sandbox = excluded.sandbox,
         pinned = max(pinned, excluded.pinned), schema = excluded.schema
       RETURNING id`,
    )
    .get(
      toBlob(record.instance),
      toBlob(record.key),
      toBlob(record.preKey),
      noteInputSet(index, record, extras.used),
      identity.package,
      identity.version,
      versionOrder(identity.version),
      identity.source,
      identity.target,
      identity.kind,
      JSON.stringify(identity.features),
      identity.triple,
      identity.profile,
      identity.rustc,
      identity.mode,
      record.outputs.reduce((sum, output) => sum + output.size, 0),
      record.outputs.length,
      Math.round(record.provenance.created),
      Math.round(extras.used),
      Math.round(record.provenance.tookMs),
      record.privacy.class,
      record.privacy.reason,
      sandboxMode(record),
      extras.pinned ? 1 : 0,
      record.schema,
    )?.id;
  if (id === undefined) throw new Error("SQLite returned no id for an inserted record");
  index.sql("DELETE FROM outputs WHERE record = ?").run(id);
  const addOutput = index.sql("INSERT INTO outputs (record, file) VALUES (?, ?)");
  for (const file of files) addOutput.run(id, file);
  return id;
}
