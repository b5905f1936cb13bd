// SPDX-License-Identifier: MIT OR Apache-2.0
import type { StoreStats, Sum } from "../store/stats.ts";
import { formatCount } from "./count.ts";
import { sizeText } from "./listing.ts";
import { formatSize } from "./size.ts";
import { formatTable, type TableView } from "./table.ts";

/** The sums as a table, the place of the store above it. */
export function formatStats(stats: StoreStats, view: TableView): string {
  const rows: readonly (readonly [string, Sum])[] = [
    ...stats.kinds.map((sum) => [sum.kind, sum] as const),
    ["public", stats.public],
    ["private", stats.private],
    ["pinned", stats.pinned],
    ["all", stats.total],
  ];
  const table = formatTable(
    [
      { header: "WHAT", cell: ([name]) => name },
      { header: "UNITS", align: "right", cell: ([, sum]) => formatCount(sum.records) },
      { header: "SIZE", align: "right", cell: ([, sum]) => formatSize(sum.size) },
    ],
    rows,
    view,
  );
  return `${stats.directory}: ${sizeText(stats.total)}\n${table}`;
}
