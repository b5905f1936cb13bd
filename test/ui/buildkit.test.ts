// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { CachedSource } from "../../src/broker/buildkit/buildkit-cache.ts";
import { GreenError } from "../../src/error.ts";
import { formatCachedUnits } from "../../src/ui/buildkit-listing.ts";
import {
  formatCachedUnit,
  formatCacheRemoval,
  formatCacheStats,
  formatPlannedCacheRemoval,
} from "../../src/ui/buildkit-report.ts";
import type { UnitKey } from "../../src/unit/digest.ts";
import { cachedUnit } from "../broker/buildkit/fixtures/cached-unit.ts";

const view = { width: Number.POSITIVE_INFINITY, paint: (_: unknown, text: string) => text };
const KEYS = ["3fa81c02", "77c1d3e0"].map((key) => key.padEnd(64, "0") as UnitKey);
const NOW = 10_802_000;

const known = cachedUnit("a", {}, { keys: KEYS, privacy: "public", command: "A=1 rustc --crate-name serde" });
const unknown = cachedUnit("b", { package: "log" }, { inUse: true });
const exported = cachedUnit("c@sha256:1", {}, { cache: "c", content: "1" });
const source: CachedSource = { ...cachedUnit("s"), name: "serde-1.0.228-0123456789abcdef" };
const { identity: _, ...plainSource } = source as CachedSource & { identity: unknown };

test("columns are of what is known there", () => {
  const list = (units: Parameters<typeof formatCachedUnits>[0]["units"], kind: "builder" | "registry") =>
    formatCachedUnits(
      { units, matched: { units: 2, size: 2000 }, unmatched: [] },
      { kind, name: "far" },
      NOW,
      view,
    );
  expect(list([known, unknown], "builder")).toBe(
    `CRATE  VERSION  KIND  FEATURES  TARGET                    PROFILE  RUSTC   SIZE  USED  PRIVACY  KEY
serde  1.0.228  lib             x86_64-unknown-linux-gnu  release  1.95.0  1 kB   3 h  public   3fa81c02 +1
log    1.0.228  lib             x86_64-unknown-linux-gnu  release  1.95.0  1 kB   now
2 units · 2 kB
`,
  );
  expect(list([exported], "registry")).toMatch(/MADE {2}CACHE\n.* 3 h {2}c\n1 of 2 units · 2 kB\n$/);
  expect(list([], "builder")).toBe("No units in far\n");
});

test("a unit is shown with all that is kept of it", () => {
  const card = formatCachedUnit(known, NOW, view);
  expect(card).toMatch(/^serde 1\.0\.228 \(lib\)\n {2}record {8}a\n/);
  expect(card).toContain(`  key           ${KEYS.join(" ")}\n`);
  expect(card).toContain("  command       A=1 rustc --crate-name serde\n");
  expect(formatCachedUnit(exported, NOW, view)).toMatch(/\n {2}in {12}c@sha256:1\n/);
});

test("a removal says what went, what is freed when, and what is left and why", () => {
  const things = [known, plainSource];
  expect(formatPlannedCacheRemoval(things, "far")).toBe(
    `  serde 1.0.228 (lib)  1 kB  3fa81c02 +1
  source serde-1.0.228-0123456789abcdef  1 kB
Would remove 1 unit and 1 source (2 kB) from far; nothing was removed
`,
  );
  const removal = { removed: new Set(["a"]), freed: 1000, later: 2000, refusal: undefined };
  expect(formatCacheRemoval(things, removal, "far")).toBe(
    "Removed 1 unit (1 kB) from far, 1 kB freed, 2 kB to be freed later\nLeft 1: in use\n",
  );
  const refusal = new GreenError("refused", "It removes nothing", { hint: "ask its owner" });
  const refused = { removed: new Set<string>(), freed: 0, later: 0, refusal };
  expect(formatCacheRemoval([known], refused, "far")).toBe(
    "Removed 0 units (0 B) from far\nLeft 1: It removes nothing (ask its owner)\n",
  );
  expect(formatCacheRemoval([], refused, "far")).toBe("Nothing to remove\n");
});

test("sums count bytes that several caches share once", () => {
  const other = { ...exported, id: "d@sha256:1", cache: "d" };
  const stats = formatCacheStats({ units: [exported, other], sources: [], others: [] }, "far", view);
  expect(stats).toBe(`far: 1 kB in 2 caches
WHAT          NUMBER  SIZE
lib                2  1 kB
rustc 1.95.0       2  1 kB
all units          2  1 kB
`);
});
