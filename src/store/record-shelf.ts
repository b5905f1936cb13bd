// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import type { InstanceId } from "../unit/digest.ts";
import { type InputSet, type OutputFile, RECORD_SCHEMA, type UnitRecord } from "../unit/record.ts";
import { deleteRecords } from "./delete-records.ts";
import { statFile } from "./file-stat.ts";
import { fromFileSystem } from "./fs-error.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import { insertRecord } from "./insert-record.ts";
import type { StoreLayout } from "./layout.ts";
import { readRecordFile, writeRecordFile } from "./record-file.ts";
import { MAX_INPUT_SETS, type UnitStore } from "./store.ts";
import type { WriteBatch } from "./write-batch.ts";

export interface PutOptions {
  /** Only the rows: neither are outputs looked for, nor is the record's file written. For stores that only list. */
  readonly indexOnly?: boolean;
}

/** The part of `UnitStore` that is about records. */
export interface RecordShelf
  extends Pick<UnitStore, "find" | "byInstance" | "withOutput" | "touch" | "put" | "inputSets"> {
  /** `put` of many in one transaction. */
  putAll(records: Iterable<UnitRecord>, options?: PutOptions): void;
  /** The record behind a row of the index; undefined (and the row is gone) if its file is missing or unreadable. */
  load(id: number, instance: InstanceId): UnitRecord | undefined;
}

/** Records: their files and their rows. */
export function createRecordShelf(
  index: IndexDatabase,
  layout: StoreLayout,
  batch: WriteBatch,
  now: () => number,
): RecordShelf {
  const touched = new Map<InstanceId, number>();
  const fileByDigest = index.sql<{ id: number }>("SELECT id FROM files WHERE digest = ?");
  const touchRecord = index.sql<{ input_set: number }>(
    "UPDATE records SET used = max(used, ?) WHERE instance = ? RETURNING input_set",
  );
  const touchInputSet = index.sql("UPDATE input_sets SET used = max(used, ?) WHERE id = ?");
  batch.onEmptied(() => touched.clear());

  const fileIdOf = (output: OutputFile, assume: boolean): number => {
    const known = fileByDigest.get(toBlob(output.digest));
    if (known !== undefined) return known.id;
    // The index may have been rebuilt since the file was adopted: then it is there, but not yet checked.
    if (!assume && statFile(layout.filePath(output.digest))?.size !== BigInt(output.size)) {
      throw new GreenError("not-found", `The output "${output.path}" of a record is not in the store`);
    }
    return addUncheckedFile(index, output, now());
  };

  const putAll = (records: Iterable<UnitRecord>, options: PutOptions = {}) => {
    try {
      index.transaction(() => {
        for (const record of records) {
          insertRecord(index, record, (output) => fileIdOf(output, options.indexOnly === true), {
            used: now(),
            pinned: false,
          });
          if (options.indexOnly !== true) writeRecordFile(layout, record);
        }
      });
    } catch (thrown) {
      throw fromFileSystem(thrown, "Cannot store a record");
    }
  };

  const load = (id: number, instance: InstanceId): UnitRecord | undefined => {
    const file = readRecordFile(layout, instance);
    if (typeof file === "object") return file;
    index.transaction(() => {
      // Another process may have put it again in the meantime.
      if (typeof readRecordFile(layout, instance) !== "object") deleteRecords(index, layout, [id]);
    });
    return undefined;
  };

  return {
    putAll,
    load,
    put: (record) => putAll([record]),
    withOutput: (digest) =>
      index
        .sql<{ id: number; instance: Uint8Array }>(
          `SELECT records.id, instance FROM files JOIN outputs ON outputs.file = files.id
           JOIN records ON records.id = outputs.record
           WHERE files.digest = ? AND schema = ? ORDER BY created DESC, records.id DESC`,
        )
        .all(toBlob(digest), RECORD_SCHEMA)
        .flatMap((row) => load(row.id, toHex<InstanceId>(row.instance)) ?? []),
    find: (key) =>
      index
        .sql<{ id: number; instance: Uint8Array }>(
          "SELECT id, instance FROM records WHERE key = ? AND schema = ? ORDER BY created DESC, id DESC",
        )
        .all(toBlob(key), RECORD_SCHEMA)
        .flatMap((row) => load(row.id, toHex<InstanceId>(row.instance)) ?? [])
        .filter((record) => record.key === key && record.schema === RECORD_SCHEMA),
    byInstance(instance) {
      const row = index
        .sql<{ id: number }>("SELECT id FROM records WHERE instance = ? AND schema = ?")
        .get(toBlob(instance), RECORD_SCHEMA);
      const record = row && load(row.id, instance);
      return record?.schema === RECORD_SCHEMA ? record : undefined;
    },
    touch(instance) {
      const isNoted = touched.has(instance);
      touched.set(instance, now());
      if (isNoted) return;
      batch.add(() => {
        const moment = touched.get(instance) ?? now();
        const row = touchRecord.get(moment, toBlob(instance));
        if (row !== undefined) touchInputSet.run(moment, row.input_set);
      });
    },
    inputSets: (preKey) =>
      index
        .sql<{ json: string }>(
          "SELECT json FROM input_sets WHERE pre_key = ? ORDER BY used DESC, id DESC LIMIT ?",
        )
        .all(toBlob(preKey), MAX_INPUT_SETS)
        .map((row) => JSON.parse(row.json) as InputSet),
  };
}

/** Enters a file whose bytes nobody looked at yet: it is hashed before its first use. Returns its id. */
export function addUncheckedFile(index: IndexDatabase, output: OutputFile, now: number): number {
  const row = index
    .sql<{ id: number }>(
      "INSERT INTO files (digest, size, ctime, boot, seen) VALUES (?, ?, NULL, '', ?) RETURNING id",
    )
    .get(toBlob(output.digest), output.size, now);
  if (row === undefined) throw new GreenError("internal", "SQLite returned no id for an inserted file");
  return row.id;
}
