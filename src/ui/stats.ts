// SPDX-License-Identifier: MIT OR Apache-2.0
import type { StoreStats } from "../store/stats.ts";
import type { StoreTotals } from "../store/store.ts";
import { formatCount } from "./count.ts";
import { sizeText } from "./listing.ts";
import { formatSize } from "./size.ts";
import { formatTable, type TableView } from "./table.ts";

/** The sums as a table, the place of the store above it. */
export function formatStats(stats: StoreStats, view: TableView): string {
  const rows: readonly (readonly [string, StoreTotals])[] = [
    ...stats.kinds.map(({ kind, totals }) => [kind, totals] as const),
    ["public", stats.public],
    ["private", stats.private],
    ["pinned", stats.pinned],
    ["all", stats.total],
  ];
  const table = formatTable(
    [
      { header: "WHAT", cell: ([name]) => name },
      { header: "UNITS", align: "right", cell: ([, totals]) => formatCount(totals.records) },
      { header: "SIZE", align: "right", cell: ([, totals]) => formatSize(totals.size) },
    ],
    rows,
    view,
  );
  return `${stats.directory}: ${sizeText(stats.total)}\n${table}`;
}
