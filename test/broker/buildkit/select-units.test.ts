// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { selectUnits } from "../../../src/broker/buildkit/select-units.ts";
import type { Selection } from "../../../src/store/selection.ts";
import { parseSelector } from "../../../src/store/selector.ts";
import type { UnitKey } from "../../../src/unit/digest.ts";
import { cachedUnit } from "./fixtures/cached-unit.ts";

const KEY = "3fa81c02".padEnd(64, "0") as UnitKey;
const OTHER = "77c1d3e0".padEnd(64, "0") as UnitKey;

const UNITS = [
  cachedUnit("new", {}, { size: 5, used: 50 }),
  cachedUnit("old", { version: "1.0.9", rustc: "1.89.0" }, { size: 50, used: 5 }),
  cachedUnit("known", { package: "log", kind: "proc-macro" }, { keys: [OTHER, KEY], privacy: "public" }),
  cachedUnit("mine", { package: "app" }, { privacy: "private", used: undefined }),
];

const selected = (selection: Partial<Selection>) =>
  selectUnits(UNITS, { selectors: [], ...selection }).units.map(({ id }) => id);

test("the selections of the local store mean the same of what BuildKit keeps", () => {
  expect(selected({})).toEqual(["mine", "known", "old", "new"]);
  expect(selected({ selectors: [parseSelector("serde@1")], rustc: "<1.90" })).toEqual(["old"]);
  expect(selected({ kind: "proc-macro" })).toEqual(["known"]);
  expect(selected({ sort: "size", limit: 1 })).toEqual(["known"]);
  expect(selected({ sort: "used" })).toEqual(["known", "mine", "new", "old"]);
  expect(selected({ largerThan: 20, selectors: [parseSelector("serde")] })).toEqual(["old"]);
});

test("keys and privacy are those of the local store's units, and what has none is not meant", () => {
  expect(selected({ selectors: [parseSelector("3fa81c02")] })).toEqual(["known"]);
  expect(selected({ selectors: [parseSelector("77c1d3e0")] })).toEqual(["known"]);
  expect(selected({ privacy: "public" })).toEqual(["known"]);
  expect(selected({ privacy: "private" })).toEqual(["mine"]);
  expect(selected({ unusedSince: 60 })).toEqual(["old", "new"]);
});

test("what a selector does not find is told, and sums are of all that matches", () => {
  const selectors = [parseSelector("serde"), parseSelector("serde@2"), parseSelector("rand")];
  expect(selectUnits(UNITS, { selectors, limit: 1 })).toMatchObject({
    ...{ matched: { units: 2, size: 55 }, unmatched: [1, 2] },
  });
});
