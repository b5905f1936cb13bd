// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId } from "../unit/digest.ts";
import { toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import { type RecordColumns, ROW_COLUMNS, toRecordRow } from "./record-rows.ts";
import type { RecordShelf } from "./record-shelf.ts";
import { type Condition, ORDERS, selectionCondition } from "./selection-query.ts";
import type { Share, StoreCatalog, StoreTotals } from "./store.ts";

function totals(index: IndexDatabase): StoreTotals {
  const row = index.sql<{ records: number; size: number; disk: number }>("SELECT * FROM totals").get();
  return { records: row?.records ?? 0, size: row?.size ?? 0, sizeOnDisk: row?.disk ?? 0 };
}

function totalsOf(index: IndexDatabase, condition: Condition): StoreTotals {
  if (condition.sql === "") return totals(index);
  const sums = index
    .once<{ records: number; size: number }>(
      `SELECT count(*) AS records, coalesce(sum(size), 0) AS size FROM records WHERE ${condition.sql}`,
    )
    .get(...condition.values);
  const disk = index
    .once<{ disk: number }>(
      `SELECT coalesce(sum(size), 0) AS disk FROM files WHERE id IN (
         SELECT o.file FROM outputs o WHERE o.record IN (SELECT id FROM records WHERE ${condition.sql}))`,
    )
    .get(...condition.values);
  return { records: sums?.records ?? 0, size: sums?.size ?? 0, sizeOnDisk: disk?.disk ?? 0 };
}

/** Lists records from the index alone. */
export function createCatalog(index: IndexDatabase, shelf: Pick<RecordShelf, "load">): StoreCatalog {
  return {
    totals: () => totals(index),
    breakdown: () =>
      index
        .once<Omit<Share, "pinned"> & { readonly pinned: number }>(
          `SELECT kind, privacy, pinned, count(*) AS records, sum(size) AS size FROM records
           GROUP BY kind, privacy, pinned ORDER BY kind, privacy, pinned`,
        )
        .all()
        .map((row) => ({ ...row, pinned: row.pinned !== 0 })),
    packageNames: (limit) =>
      index
        .once<{ package: string }>("SELECT DISTINCT package FROM records ORDER BY package LIMIT ?")
        .all(limit)
        .map((row) => row.package),
    list(selection) {
      const condition = selectionCondition(index, selection);
      const where = condition.sql === "" ? "" : `WHERE ${condition.sql}`;
      const rows = index
        .once<RecordColumns>(
          `SELECT ${ROW_COLUMNS} FROM records ${where} ORDER BY ${ORDERS[selection.sort ?? "crate"]} LIMIT ?`,
        )
        .all(...condition.values, selection.limit ?? -1)
        .map(toRecordRow);
      return { rows, matched: totalsOf(index, condition) };
    },
    get(id) {
      const row = index.sql<{ instance: Uint8Array }>("SELECT instance FROM records WHERE id = ?").get(id);
      return row && shelf.load(id, toHex<InstanceId>(row.instance));
    },
  };
}
