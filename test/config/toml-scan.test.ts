// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { expect, test } from "vitest";
import { scanToml } from "../../src/config/toml-scan.ts";

const found = (text: string) =>
  scanToml(text).map(({ path, kind, line, valueStart, end }) => [
    path.join("/"),
    kind,
    line,
    text.slice(valueStart, end),
  ]);

test("keys are found where they stand, whatever surrounds them", () => {
  const text = [
    "# a = 1",
    "a = 1 # [no]",
    '"quoted \\u0041" = "# ] }"',
    "[one.'two']\t# header",
    'b.c = """',
    '[not] = \'a table\' \\"""',
    '""""" # two quotes more',
    "list = [ # comment ]",
    "  { x = 1, y = [2] }, 1979-05-27 07:32:00,",
    "]",
    "[[many]]",
    "in = { k = 'v', 'l'.m = {} }",
    "",
  ].join("\r\n");
  expect(found(text)).toEqual([
    ["a", "pair", 2, "1"],
    ["quoted A", "pair", 3, '"# ] }"'],
    ["one/two", "table", 4, ""],
    ["one/two/b/c", "pair", 5, '"""\r\n[not] = \'a table\' \\"""\r\n"""""'],
    ["one/two/list", "pair", 8, "[ # comment ]\r\n  { x = 1, y = [2] }, 1979-05-27 07:32:00,\r\n]"],
    ["one/two/list/x", "inline", 9, "1"],
    ["one/two/list/y", "inline", 9, "[2]"],
    ["many", "array-table", 11, ""],
    ["many/in", "pair", 12, "{ k = 'v', 'l'.m = {} }"],
    ["many/in/k", "inline", 12, "'v'"],
    ["many/in/l/m", "inline", 12, "{}"],
  ]);
});

test("every key of a document is found, and its text is its value's", () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()));
  const table = fc.dictionary(fc.string({ minLength: 1 }), leaf);
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), table), (document) => {
      const text = stringify(document);
      const pairs = scanToml(text).filter(({ kind }) => kind === "pair");
      const values = pairs.map(({ path, valueStart, end }) => [
        path,
        parse(`v = ${text.slice(valueStart, end)}`)["v"],
      ]);
      const expected = Object.entries(parse(text)).flatMap(([name, own]) =>
        Object.entries(own as object).map(([key, value]) => [[name, key], value]),
      );
      const sorted = (list: unknown[]) => list.map((each) => JSON.stringify(each)).sort();
      expect(sorted(values)).toEqual(sorted(expected));
    }),
  );
});

test("nonsense ends the scan", () => {
  fc.assert(fc.property(fc.string(), (text) => void scanToml(text)));
  expect(found("a = 1\n= 2\nb = 3")).toEqual([["a", "pair", 1, "1"]]);
});
