// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAge, formatTook } from "../../src/ui/age.ts";
import { formatCount, plural } from "../../src/ui/count.ts";
import { quoteForShell } from "../../src/ui/shell-quote.ts";
import { formatSize } from "../../src/ui/size.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1200, "1.2 kB"],
  [3_140_000, "3.1 MB"],
  [38_000_000, "38 MB"],
  [999_949, "1 MB"],
  [999_400, "999 kB"],
  [412_345_678_901, "412 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test("a size is never longer than seven characters up to a petabyte, and never reads 1000", () => {
  fc.assert(
    fc.property(fc.nat({ max: 999_000_000_000_000 }), (bytes) => {
      expect(formatSize(bytes).length).toBeLessThanOrEqual(7);
      expect(formatSize(bytes)).not.toMatch(/^1000/);
    }),
  );
});

test.each([
  [-5, "0 s"],
  [119_000, "119 s"],
  [120_000, "2 m"],
  [7_199_000, "119 m"],
  [7_200_000, "2 h"],
  [47 * 3_600_000, "47 h"],
  [9 * 86_400_000, "9 d"],
  [30 * 7 * 86_400_000, "30 w"],
  [3 * 365 * 86_400_000, "3 y"],
])("%d ms ago is %s", (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

test.each([
  [3.6, "4 ms"],
  [180, "0.18 s"],
  [3410, "3.4 s"],
  [49_000, "49 s"],
  [125_000, "2 m 05 s"],
  [3_720_000, "1 h 02 m"],
])("%d ms of work are %s", (ms, text) => {
  expect(formatTook(ms)).toBe(text);
});

describe("counts", () => {
  test("are grouped by thousands and can be read back", () => {
    expect(formatCount(100_000)).toBe("100,000");
    fc.assert(fc.property(fc.nat(), (count) => Number(formatCount(count).replaceAll(",", "")) === count));
  });

  test("agree with their noun", () => {
    expect([plural(1, "unit"), plural(0, "unit"), plural(1204, "unit")]).toEqual([
      "1 unit",
      "0 units",
      "1,204 units",
    ]);
  });
});

test("a quoted word is one word for a shell, whatever is in it", async () => {
  const { execFileSync } = await import("node:child_process");
  const text = fc.string({ unit: fc.constantFrom("a", " ", "'", '"', "$", "\\", "\n", "`", "é", "*") });
  fc.assert(
    fc.property(text, (word) => {
      const printed = execFileSync("sh", ["-c", `printf %s ${quoteForShell(word)}.`], { encoding: "utf8" });
      expect(printed).toBe(`${word}.`);
    }),
    { numRuns: 25 },
  );
});
