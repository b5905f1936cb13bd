// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { GreenError } from "../../src/error.ts";
import { plain } from "../../src/ui/color.ts";
import { exitStatusOf, formatFailure } from "../../src/ui/failure.ts";

const quiet = { paint: plain, debug: false };

test("an error says what happened and what to do, and nothing of our insides", () => {
  const error = new GreenError("config", 'CARGOGREEN_LOG is "loud"', {
    hint: "unset it",
    cause: new Error("inner"),
  });
  expect(formatFailure(error, quiet)).toBe('error: CARGOGREEN_LOG is "loud"\n  help: unset it\n');
});

test("debug adds stacks, causes included", () => {
  const error = new GreenError("corrupt", "Broken", { cause: new Error("inner") });
  const text = formatFailure(error, { paint: plain, debug: true });
  expect(text).toMatch(/^error: Broken\nGreenError: Broken\n {4}at .*failure\.test/);
  expect(text).toContain("Error: inner\n    at ");
});

test("a bug says that it is one", () => {
  expect(formatFailure(new TypeError("x is undefined"), quiet)).toMatch(
    /^error: x is undefined\n {2}help: this is a bug/,
  );
});

test("a long message is capped", () => {
  expect(formatFailure(new GreenError("usage", "x".repeat(10_000)), quiet).length).toBeLessThan(2100);
});

test("statuses tell kinds of failure apart", () => {
  const codes = ["usage", "environment", "not-found", "corrupt", "internal"] as const;
  expect(codes.map((code) => exitStatusOf(new GreenError(code, "")))).toEqual([2, 3, 4, 5, 70]);
  expect(exitStatusOf("thrown text")).toBe(70);
});
