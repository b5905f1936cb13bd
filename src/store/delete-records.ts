// SPDX-License-Identifier: MIT OR Apache-2.0
import { rmSync } from "node:fs";
import type { Digest, InstanceId } from "../unit/digest.ts";
import { sameStat, statFile } from "./file-stat.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { StoreLayout } from "./layout.ts";
import { removeRecordFile } from "./record-file.ts";
import { rowsUsingFile } from "./record-rows.ts";
import type { FileStat, RecordRow } from "./store.ts";

/**
 * Deletes records from the index and from the disk, and the input sets that only they had; leaves their files.
 * Ids that are not there are passed over. To be called within a transaction.
 */
export function deleteRecords(index: IndexDatabase, layout: StoreLayout, ids: Iterable<number>): void {
  for (const id of ids) {
    const row = index
      .sql<{ instance: Uint8Array; input_set: number }>(
        "SELECT instance, input_set FROM records WHERE id = ?",
      )
      .get(id);
    if (row === undefined) continue;
    index.sql("DELETE FROM outputs WHERE record = ?").run(id);
    index.sql("DELETE FROM records WHERE id = ?").run(id);
    index
      .sql("DELETE FROM input_sets WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM records WHERE input_set = ?1)")
      .run(row.input_set);
    removeRecordFile(layout, toHex<InstanceId>(row.instance));
  }
}

/**
 * Removes a stored file that is wrong or gone, and every record that names it: nothing wrong is served afterwards.
 * `seen` is the stat of what was found wrong (undefined: nothing was there). Returns the records that were removed,
 * or undefined, with nothing done, if the file changed since.
 */
export function dropFile(
  index: IndexDatabase,
  layout: StoreLayout,
  digest: Digest,
  seen: FileStat | undefined,
): readonly RecordRow[] | undefined {
  return index.transaction(() => {
    const path = layout.filePath(digest);
    const present = statFile(path);
    const unchanged =
      present === undefined || seen === undefined ? present === seen : sameStat(present, seen);
    if (!unchanged) return undefined;
    rmSync(path, { force: true });
    const file = index.sql<{ id: number }>("SELECT id FROM files WHERE digest = ?").get(toBlob(digest));
    if (file === undefined) return [];
    const rows = rowsUsingFile(index, file.id);
    deleteRecords(
      index,
      layout,
      rows.map((row) => row.id),
    );
    index.sql("DELETE FROM derived WHERE file = ?").run(file.id);
    index.sql("DELETE FROM files WHERE id = ?").run(file.id);
    return rows;
  });
}
