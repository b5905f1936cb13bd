// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { type InstanceId, isSha256 } from "../unit/digest.ts";
import type { OutputFile } from "../unit/record.ts";
import { statFile } from "./file-stat.ts";
import { toBlob } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import { insertRecord } from "./insert-record.ts";
import type { StoreLayout } from "./layout.ts";
import { readRecordFile } from "./record-file.ts";
import { addUncheckedFile } from "./record-shelf.ts";

const RECORD_NAME = /^([0-9a-f]{64})\.json\.zst$/;

/** Thrown within an insert to leave the record out. */
class FileGone extends Error {}

/**
 * Fills an empty index from the records on disk, of any schema. Records whose files are not all there, and unreadable
 * ones, are left out (`gc` sweeps them). When a record was used is lost and becomes when it was made; pins are kept.
 * Every file is hashed before its first use. To be called within a transaction.
 */
export function rebuildIndex(index: IndexDatabase, layout: StoreLayout, now: number): void {
  const select = index.sql<{ id: number }>("SELECT id FROM files WHERE digest = ?");
  const present = (output: OutputFile) =>
    isSha256(output.digest) && statFile(layout.filePath(output.digest))?.size === BigInt(output.size);
  const fileIdOf = (output: OutputFile): number => {
    const known = select.get(toBlob(output.digest));
    return known?.id ?? addUncheckedFile(index, output, now);
  };
  for (const shard of readdirSync(layout.records)) {
    for (const name of readdirSync(`${layout.records}/${shard}`)) {
      const instance = RECORD_NAME.exec(name)?.[1] as InstanceId | undefined;
      if (instance === undefined) continue;
      index.exec("SAVEPOINT one_record");
      try {
        const record = readRecordFile(layout, instance);
        if (typeof record === "string" || !record.outputs.every(present)) throw new FileGone();
        insertRecord(index, record, fileIdOf, {
          used: record.provenance.created,
          pinned: existsSync(layout.pinPath(instance)),
        });
      } catch {
        index.exec("ROLLBACK TO one_record"); // of another schema, so other that it has no row, or not whole
      }
      index.exec("RELEASE one_record");
    }
  }
}
