// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { type BuildCounts, buildSummary } from "../../src/ui/build-summary.ts";

const NOTHING: BuildCounts = { replayed: 0, restored: 0, built: 0, uncached: 0, savedMs: 0 };

test("nothing is said of a build that needed nothing", () => {
  expect(buildSummary(NOTHING)).toBeUndefined();
});

test.each<readonly [Partial<BuildCounts>, string]>([
  [{ built: 1 }, "1 unit · 0 restored · 1 built"],
  [
    { replayed: 0, restored: 44, built: 4, savedMs: 49_400 },
    "48 units · 44 restored · 4 built · about 49 s of compiling saved · `cargo green cache why` for the 4",
  ],
  [{ replayed: 0, restored: 1, savedMs: 499 }, "1 unit · 1 restored · 0 built"],
  [
    { replayed: 0, restored: 1, savedMs: 500 },
    "1 unit · 1 restored · 0 built · about 1 s of compiling saved",
  ],
  [{ built: 2, uncached: 1 }, "3 units · 0 restored · 2 built · 1 not cached"],
  [
    { replayed: 0, restored: 1200, uncached: 1000, savedMs: 3_600_000 },
    "2,200 units · 1,200 restored · 0 built · 1,000 not cached · about 3,600 s of compiling saved",
  ],
])("the line of %j", (counts, line) => {
  expect(buildSummary({ ...NOTHING, ...counts })).toBe(line);
});
