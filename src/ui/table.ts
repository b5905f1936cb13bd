// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Paint, Style } from "./color.ts";
import { displayWidth, pad, printable, shortenEnd, shortenMiddle } from "./width.ts";

/** One column, and how it gives way when the terminal is narrow. */
export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => string;
  readonly align?: "left" | "right";
  /** May be cut down to this many columns, from the end or in the middle; without it the column is never cut. */
  readonly min?: number;
  readonly shorten?: "end" | "middle";
  /** Left out when cutting is not enough, highest first; without it the column always stays. */
  readonly drop?: number;
  readonly style?: (row: Row) => Style | undefined;
}

export interface TableView {
  /** Columns of the terminal; `Infinity` where there is none, so that pipes get everything. */
  readonly width: number;
  readonly paint: Paint;
}

const GAP = "  ";

/** A table whose rows come one after the other. Every line ends with a line break. */
export interface TableLayout<Row> {
  readonly header: string;
  line(row: Row): string;
}

/** Rows as text that fits the width, header first; every line ends with a line break. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  view: TableView,
): string {
  const { header, line } = layOutTable(columns, rows, view);
  return header + rows.map(line).join("");
}

/**
 * Lays a table out by some of its rows. A later row that needs more is cut to the width of its column, or pushes the
 * columns behind it away where there is no terminal.
 */
export function layOutTable<Row>(
  columns: readonly Column<Row>[],
  sample: readonly Row[],
  view: TableView,
): TableLayout<Row> {
  const cellsOf = (row: Row) => columns.map((column) => printable(column.cell(row)));
  const cells = sample.map(cellsOf);
  const natural = columns.map((column, index) =>
    Math.max(displayWidth(column.header), ...cells.map((line) => displayWidth(line[index] ?? ""))),
  );
  const widths = fittingWidths(columns, natural, view.width);
  const shown = [...columns.keys()].filter((index) => widths[index] !== 0);
  const lastShown = shown.at(-1);

  function line(text: (index: number) => string, style: (index: number) => Style | undefined): string {
    const parts = shown.map((index) => {
      const column = columns[index];
      const width = widths[index] ?? 0;
      const shorten = column?.shorten === "middle" ? shortenMiddle : shortenEnd;
      const cut = Number.isFinite(view.width) ? shorten(text(index), width) : text(index);
      const align = column?.align ?? "left";
      const padded = index === lastShown && align === "left" ? cut : pad(cut, width, align);
      const look = style(index);
      return look === undefined ? padded : view.paint(look, padded);
    });
    return `${parts.join(GAP).trimEnd()}\n`;
  }

  return {
    header: line(
      (index) => columns[index]?.header ?? "",
      () => "bold",
    ),
    line(row) {
      const texts = cellsOf(row);
      return line(
        (index) => texts[index] ?? "",
        (index) => columns[index]?.style?.(row),
      );
    },
  };
}

/** Widths that fit, 0 for columns that are left out: columns go by `drop` until cutting the others is enough. */
function fittingWidths<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number,
): number[] {
  const kept = new Set(columns.keys());
  const floor = (index: number) =>
    Math.min(natural[index] ?? 0, columns[index]?.min ?? Number.POSITIVE_INFINITY);
  const total = (size: (index: number) => number) =>
    [...kept].reduce((sum, index) => sum + size(index), GAP.length * Math.max(0, kept.size - 1));
  const droppable = [...columns.keys()]
    .filter((index) => columns[index]?.drop !== undefined)
    .sort((a, b) => (columns[b]?.drop ?? 0) - (columns[a]?.drop ?? 0));
  for (const index of droppable) {
    if (total(floor) <= width) break;
    kept.delete(index);
  }
  const widths = columns.map((_, index) => (kept.has(index) ? (natural[index] ?? 0) : 0));
  let excess = total((index) => widths[index] ?? 0) - width;
  while (excess > 0) {
    const widest = [...kept]
      .filter((index) => (widths[index] ?? 0) > floor(index))
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
