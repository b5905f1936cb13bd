// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { CachedSource } from "../../../src/broker/buildkit/buildkit-cache.ts";
import { type CacheLimits, planCachePrune } from "../../../src/broker/buildkit/prune-plan.ts";
import { cachedUnit } from "./fixtures/cached-unit.ts";

const SOURCE: CachedSource = {
  ...{
    id: "source",
    content: "source",
    name: "serde-1.0.228-0123456789abcdef",
    size: 100,
    created: 1,
    used: 20,
  },
  ...{ inUse: false, cache: undefined },
};
const CONTENT = {
  units: [
    cachedUnit("a", { version: "1.0.1" }, { size: 10, created: 1, used: 10 }),
    cachedUnit("b", { version: "1.0.2" }, { size: 20, created: 2, used: undefined }),
    cachedUnit("c", { version: "1.0.3" }, { size: 30, created: 3, used: 30 }),
    cachedUnit("d", { package: "log", rustc: "1.89.0" }, { size: 40, created: 4, used: 40, inUse: true }),
  ],
  sources: [SOURCE],
  others: [{ ...SOURCE, id: "other" }],
};

const excluded = (limits: CacheLimits) => planCachePrune(CONTENT, limits).map(({ id }) => id);

test("each limit excludes units and sources, the least recently used first", () => {
  expect(excluded({})).toEqual([]);
  expect(excluded({ unusedSince: 25 })).toEqual(["b", "a", "source"]);
  expect(excluded({ madeBefore: 3 })).toEqual(["b", "a", "source"]);
  expect(excluded({ rustc: ">=1.90" })).toEqual(["b", "a", "c"]);
  expect(excluded({ keepLast: 1 })).toEqual(["b", "a"]);
});

test("a size is come down to by what was used least recently, and what is in use counts but stays", () => {
  expect(excluded({ keepSize: 200 })).toEqual([]);
  expect(excluded({ keepSize: 199 })).toEqual(["b"]);
  expect(excluded({ keepSize: 70 })).toEqual(["b", "a", "source"]);
  expect(excluded({ keepSize: 0 })).toEqual(["b", "a", "source", "c"]);
  expect(excluded({ keepSize: 150, unusedSince: 15 })).toEqual(["b", "a", "source"]);
});

test("what is in use stays, and so does what others keep there", () => {
  expect(excluded({ unusedSince: 1000, madeBefore: 1000, rustc: "*", keepLast: 1, keepSize: 0 })).toEqual([
    ...["b", "a", "source", "c"],
  ]);
});

test("of several exported caches, each keeps its newest", () => {
  const [first = cachedUnit("a"), second = first] = CONTENT.units;
  const units = [
    { ...first, cache: "one" },
    { ...second, cache: "two" },
  ];
  expect(planCachePrune({ units, sources: [], others: [] }, { keepLast: 1 })).toEqual([]);
});
