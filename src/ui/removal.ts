// SPDX-License-Identifier: MIT OR Apache-2.0
import { SHOWN_KEY_DIGITS } from "../store/selector.ts";
import type { RecordRow, Removal } from "../store/store.ts";
import { plural } from "./count.ts";
import { formatSize } from "./size.ts";
import { unitName } from "./unit-name.ts";
import { printable } from "./width.ts";

export interface RemovalView {
  /** False: nothing was removed, this is what would be. */
  readonly done: boolean;
  /** Listed one a line; left out where there are too many to care. */
  readonly units?: readonly RecordRow[];
}

/** `Removed 14 units (22.4 MB), 20.1 MB freed`, after the units if they are given. */
export function formatRemoval(removal: Removal, { done, units = [] }: RemovalView): string {
  if (removal.records === 0) return "Nothing to remove\n";
  const list = units.map(
    (row) =>
      `  ${printable(unitName(row.identity))}  ${formatSize(row.size)}  ${row.key.slice(0, SHOWN_KEY_DIGITS)}${row.pinned ? "  pinned" : ""}\n`,
  );
  const what = `${plural(removal.records, "unit")} (${formatSize(removal.size)})`;
  const freed = formatSize(removal.freed);
  const sum = done
    ? `Removed ${what}, ${freed} freed`
    : `Would remove ${what} and free ${freed}; nothing was removed`;
  return `${list.join("")}${sum}\n`;
}
