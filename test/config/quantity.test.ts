// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDuration, parseSize } from "../../src/config/quantity.ts";
import { GreenError } from "../../src/error.ts";

describe("sizes", () => {
  test.each([
    ["0", 0],
    ["512", 512],
    ["10MB", 10_000_000],
    ["10mb", 10_000_000],
    ["1.5GiB", 1_610_612_736],
    ["2 k", 2000],
    ["1T", 1e12],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text, "--larger-than")).toBe(bytes);
  });

  test.each(["", "MB", "-1", "1e3", "10 XB", "1..5MB", "10MB!", "constructor", "99999999TB", "0x10"])(
    'refuses "%s" and names the flag',
    (text) => {
      expect(() => parseSize(text, "--larger-than")).toThrow(/^--larger-than: ".*" is not a size$/);
    },
  );
});

describe("lengths of time", () => {
  test.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["1.5h", 5_400_000],
    ["1y", 31_536_000_000],
  ])("%s is %d milliseconds", (text, ms) => {
    expect(parseDuration(text, "--unused-since")).toBe(ms);
  });

  test("a number without a unit is refused, as it could be anything", () => {
    expect(() => parseDuration("7", "--unused-since")).toThrow(GreenError);
  });
});

test("whatever is typed, the answer is a whole number of bytes or a usage error", () => {
  const typed = fc.oneof(fc.string(), fc.stringMatching(/^\d{1,18}(\.\d{1,10})? ?[kmgtKMGT]?i?[bB]?$/));
  fc.assert(
    fc.property(typed, (text) => {
      try {
        const bytes = parseSize(text, "--keep-size");
        expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(GreenError);
        expect((error as GreenError).code).toBe("usage");
      }
    }),
  );
});
