// SPDX-License-Identifier: MIT OR Apache-2.0

import { SHOWN_KEY_DIGITS } from "../store/selector.ts";
import type { RecordRow, StoreTotals } from "../store/store.ts";
import { formatAge } from "./age.ts";
import { formatCount, plural } from "./count.ts";
import { formatSize } from "./size.ts";
import { type Column, formatTable, type TableView } from "./table.ts";
import { kindText } from "./unit-name.ts";

/** More features than this are counted, not named. */
const NAMED_FEATURES = 4;
/** `build script run` is not to look like `build script`. */
const KIND_COLUMNS = 16;

/** The columns that say what a unit is, wherever it is. */
export function identityColumns(): readonly Column<Pick<RecordRow, "identity">>[] {
  return [
    { header: "CRATE", cell: (row) => row.identity.package, min: 12 },
    { header: "VERSION", cell: (row) => row.identity.version, min: 10 },
    { header: "KIND", cell: (row) => kindText(row.identity), min: KIND_COLUMNS },
    { header: "FEATURES", cell: (row) => features(row.identity.features), min: 10, drop: 6 },
    { header: "TARGET", cell: (row) => row.identity.triple, min: 8, drop: 5 },
    { header: "PROFILE", cell: (row) => row.identity.profile, min: 7, drop: 2 },
    { header: "RUSTC", cell: (row) => row.identity.rustc, min: 7, drop: 3 },
  ];
}

/** Who may see a unit. */
export const PRIVACY_COLUMN: Column<Pick<RecordRow, "privacy">> = {
  header: "PRIVACY",
  cell: (row) => row.privacy,
  drop: 4,
  style: (row) => (row.privacy === "private" ? "yellow" : undefined),
};

export const KEY_COLUMN: Column<Pick<RecordRow, "key">> = {
  header: "KEY",
  cell: (row) => row.key.slice(0, SHOWN_KEY_DIGITS),
  style: () => "dim",
};

function columns(now: number): readonly Column<RecordRow>[] {
  return [
    ...identityColumns(),
    { header: "SIZE", cell: (row) => formatSize(row.size), align: "right" },
    { header: "USED", cell: (row) => formatAge(now - row.used), align: "right", drop: 1 },
    PRIVACY_COLUMN,
    KEY_COLUMN,
  ];
}

function features(names: readonly string[]): string {
  return names.length > NAMED_FEATURES ? `${names.length} features` : names.join(" ");
}

/**
 * Rows as a table with a sum below it: `4 of 48 units · 41.9 MB (38 MB on disk after sharing)`.
 * @param matched sums over all that matched, listed or not
 */
export function formatListing(
  rows: readonly RecordRow[],
  matched: StoreTotals,
  now: number,
  view: TableView,
): string {
  if (rows.length === 0) return "No units\n";
  const counted =
    rows.length < matched.records
      ? `${formatCount(rows.length)} of ${plural(matched.records, "unit")}`
      : plural(matched.records, "unit");
  return `${formatTable(columns(now), rows, view)}${counted} · ${sizeText(matched)}\n`;
}

/** `41.9 MB (38 MB on disk after sharing)`; the second only if it differs. */
export function sizeText({ size, sizeOnDisk }: StoreTotals): string {
  const disk = formatSize(sizeOnDisk);
  return disk === formatSize(size) ? disk : `${formatSize(size)} (${disk} on disk after sharing)`;
}
