// SPDX-License-Identifier: MIT OR Apache-2.0

/** A line that both texts have, or only the one before, or only the one after; with its line break. */
export interface DiffLine {
  readonly kind: "both" | "removed" | "added";
  readonly line: string;
}

/** The fewest removed and added lines that lead from one text to the other. For files that people write: quadratic. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [splitLines(before), splitLines(after)];
  // longest[i][j]: how many lines a from i and b from j have in common, in order.
  const longest = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = longest[i];
      if (row !== undefined)
        row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      lines.push({ kind: "both", line: a[i++] ?? "" });
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: "removed", line: a[i++] ?? "" });
    } else {
      lines.push({ kind: "added", line: b[j++] ?? "" });
    }
  }
  return lines;
}

/** Lines with their line breaks; the last may have none. */
export function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
