// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitLine, median, spreadOf } from "../../../hack/bench.d/statistics.ts";

const seconds = fc.double({ min: 0, max: 1000, noNaN: true });

describe("median", () => {
  test("is the middle one, or lies between the two in the middle", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("one measurement that was disturbed does not move it beyond the others", () => {
    fc.assert(
      fc.property(fc.array(seconds, { minLength: 2, maxLength: 9 }), (values) => {
        expect(median([...values, 1e9])).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });
});

test("a spread is of all values, and there is none of nothing", () => {
  expect(spreadOf([2, 9, 4])).toEqual({ median: 4, min: 2, max: 9, count: 3 });
  expect(spreadOf([])).toBeUndefined();
});

describe("fitLine", () => {
  test("finds the line that points lie on", () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), seconds, (slope, intercept) => {
        const line = fitLine([50, 200, 1000, 2000].map((x) => [x, intercept + slope * x]));
        expect(line?.slope).toBeCloseTo(slope, 6);
        expect(line?.intercept).toBeCloseTo(intercept, 4);
      }),
    );
  });

  test("tells a line from a curve", () => {
    const xs = [50, 200, 1000, 2000];
    expect(fitLine(xs.map((x) => [x, 3 * x]))?.r2).toBeCloseTo(1);
    expect(fitLine(xs.map((x) => [x, x ** 3]))?.r2).toBeLessThan(0.95);
  });

  test("there is none through points of one size", () => {
    expect(fitLine([])).toBeUndefined();
    expect(
      fitLine([
        [50, 1],
        [50, 2],
      ]),
    ).toBeUndefined();
  });
});
