// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plain } from "../../src/ui/color.ts";
import { type Column, formatTable } from "../../src/ui/table.ts";
import { displayWidth, printable, shortenEnd, shortenMiddle } from "../../src/ui/width.ts";

type Row = readonly [string, string, string];
const columns: readonly Column<Row>[] = [
  { header: "NAME", cell: ([name]) => name, min: 4 },
  { header: "SIZE", cell: ([, size]) => size, align: "right" },
  { header: "NOTE", cell: ([, , note]) => note, min: 4, drop: 1 },
];
const wide = { width: Number.POSITIVE_INFINITY, paint: plain };

describe("a table", () => {
  const rows: readonly Row[] = [
    ["regex-automata", "9.8 MB", "many features"],
    ["libc", "1 kB", ""],
  ];

  test("aligns its columns and leaves no space at the ends of lines", () => {
    expect(formatTable(columns, rows, wide)).toBe(
      "NAME              SIZE  NOTE\nregex-automata  9.8 MB  many features\nlibc              1 kB\n",
    );
  });

  test("cuts what may be cut, then drops what may be dropped", () => {
    expect(formatTable(columns, rows, { width: 30, paint: plain })).toBe(
      "NAME          SIZE  NOTE\nregex-aut…  9.8 MB  many feat…\nlibc          1 kB\n",
    );
    expect(formatTable(columns, rows, { width: 13, paint: plain })).toBe(
      "NAME     SIZE\nrege…  9.8 MB\nlibc     1 kB\n",
    );
  });

  test("fits every width that its uncut columns leave possible", () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, fc.stringMatching(/^\d{1,6}$/), cell)),
        fc.integer({ min: 12, max: 120 }),
        (rows, width) => {
          for (const line of formatTable(columns, rows, { width, paint: plain }).trimEnd().split("\n")) {
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });
});

describe("widths", () => {
  test.each([
    ["serde", 5],
    ["x86_64…", 7],
    ["→ ünïcode", 9],
    ["日本語", 6],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
  ])("%s takes %d columns", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test("shortened text fits and keeps its ends", () => {
    expect(shortenEnd("regex-automata", 8)).toBe("regex-a…");
    expect(shortenMiddle("/home/ann/project/src/lib.rs", 15)).toBe("/home/a…/lib.rs");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, width) => {
        expect(displayWidth(shortenEnd(text, width))).toBeLessThanOrEqual(width);
        expect(displayWidth(shortenMiddle(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  test("nothing that is printed can steer the terminal", () => {
    expect(printable("a\u001b[31mb\u202ec\n")).toBe("a\\u{1b}[31mb\\u{202e}c⏎");
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "é", "\u001b", "\u009b", "\r", "\u0000", "\u202e", "[31m") }),
        (text) => !/[\p{Cc}\u202a-\u202e]/u.test(printable(text)),
      ),
    );
  });
});
