// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { retryAfterMs } from "../../../src/remote/registry/retry-after.ts";

const NOW = Date.UTC(2026, 10, 28, 12, 0, 0);
const MOST = 30_000;

test.each([
  ["0", 0],
  [" 3 ", 3000],
  ["120", MOST],
  ["9".repeat(400), MOST],
  ["Sat, 28 Nov 2026 12:00:05 GMT", 5000],
  ["Saturday, 28-Nov-26 12:00:05 GMT", 5000],
  ["Sat, 28 Nov 2026 11:00:00 GMT", 0],
  ["Mon, 28 Nov 2050 12:00:00 GMT", MOST],
  ["-1", undefined],
  ["1.5", undefined],
  ["0x10", undefined],
  ["soon", undefined],
  ["Sat, the 28th", undefined],
  ["2026", MOST], // Seconds, not a year.
  ["", undefined],
  [undefined, undefined],
])("%s", (header, expected) => {
  expect(retryAfterMs(header, MOST, NOW)).toBe(expected);
});

test("no wait is negative or longer than the longest", () => {
  const date = fc.date({ noInvalidDate: true }).map((when) => when.toUTCString());
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.bigInt().map(String), date), (header) => {
      const wait = retryAfterMs(header, MOST, NOW);
      expect(wait === undefined || (wait >= 0 && wait <= MOST)).toBe(true);
    }),
  );
});
