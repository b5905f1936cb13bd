// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RemoteRow } from "../broker/remotes/remote-row.ts";
import { formatAge } from "./age.ts";
import { plural } from "./count.ts";
import { identityColumns, KEY_COLUMN, PRIVACY_COLUMN } from "./listing.ts";
import { formatSize } from "./size.ts";
import { type Column, layOutTable, type TableView } from "./table.ts";

/** A table is laid out by its first rows: a few screens. */
export const SAMPLE_ROWS = 100;

function columns(now: number): readonly Column<RemoteRow>[] {
  return [
    ...identityColumns(),
    { header: "SIZE", cell: (row) => formatSize(row.size), align: "right" },
    { header: "MADE", cell: (row) => formatAge(now - row.created), align: "right", drop: 1 },
    PRIVACY_COLUMN,
    { header: "IN", cell: (row) => row.place.kind, drop: 7 },
    KEY_COLUMN,
  ];
}

/** What of a list was printed. */
export interface Listed {
  readonly units: number;
  /** Bytes. */
  readonly size: number;
  /** There may be more than were asked for. */
  readonly more: boolean;
}

/** The lines of a list, as its rows come: the table's header with the first of them, a sum at the end. */
export async function* remoteListing(
  rows: AsyncIterable<RemoteRow>,
  { now, limit }: { readonly now: number; readonly limit: number | undefined },
  view: TableView,
): AsyncGenerator<string, void, undefined> {
  const first: RemoteRow[] = [];
  let line: ((row: RemoteRow) => string) | undefined;
  let [units, size, more] = [0, 0, false];
  const begin = () => {
    const layout = layOutTable(columns(now), first, view);
    line = layout.line;
    return layout.header + first.splice(0).map(layout.line).join("");
  };
  for await (const row of rows) {
    if (units === limit) {
      more = true;
      break;
    }
    [units, size] = [units + 1, size + row.size];
    if (line !== undefined) yield line(row);
    else if (first.push(row) >= SAMPLE_ROWS) yield begin();
  }
  if (first.length > 0) yield begin();
  yield listedText({ units, size, more });
}

function listedText({ units, size, more }: Listed): string {
  if (units === 0) return "No units\n";
  return `${more ? "the first " : ""}${plural(units, "unit")} · ${formatSize(size)}\n`;
}

/** The same as JSON, `before` and `after` it being fields of the whole object. */
export async function* remoteListingJson(
  rows: AsyncIterable<RemoteRow>,
  before: object,
  limit: number | undefined,
  rowJson: (row: RemoteRow) => object,
): AsyncGenerator<string, void, undefined> {
  const open = JSON.stringify(before, undefined, 2).replace(/\n\}$/, "");
  yield `${open},\n  "units": [`;
  let [units, more] = [0, false];
  for await (const row of rows) {
    if (units === limit) {
      more = true;
      break;
    }
    const text = JSON.stringify(rowJson(row), undefined, 2).replaceAll("\n", "\n    ");
    yield `${units === 0 ? "" : ","}\n    ${text}`;
    units += 1;
  }
  yield `${units === 0 ? "" : "\n  "}],\n  "more": ${more}\n}\n`;
}
