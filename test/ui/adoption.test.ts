// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { type Adoption, type ExaminedUnit, formatAdoption } from "../../src/ui/adoption.ts";
import { sampleRecord } from "../store/fixtures/sample-record.ts";

const VIEW = { width: 80, paint: (_: unknown, text: string) => text };

function unit(name: string, what: object): ExaminedUnit {
  return { identity: { ...sampleRecord().identity, package: name }, ...what } as ExaminedUnit;
}

function format(units: readonly ExaminedUnit[], more: Partial<Adoption> = {}): string {
  return formatAdoption(
    { directory: "/w/target", units, dryRun: false, complaint: undefined, ...more },
    VIEW,
  );
}

test("the first unit of each reason is named, and all are counted", () => {
  const changed = { kind: "left", left: "changed", reason: `"src/lib.rs" was changed since` };
  const said = format([
    unit("a", { kind: "adopted", size: 1_000_000 }),
    unit("b", { kind: "known", size: 5 }),
    unit("c", changed),
    unit("d", changed),
    unit("e", { kind: "left", left: "not-built", reason: "it was not built here" }),
  ]);
  expect(said.replaceAll(/ \d\S+ \(.*?\)(?=:)/g, "")).toBe(
    `left c: "src/lib.rs" was changed since
   and 1 more unit for the same reason
left e: it was not built here
Adopted 1 of 5 units (1 MB), 1 was in the cache; 3 left: 1 not built here, 2 changed since
`,
  );
});

test("where nothing was built, it is said what to name; where Cargo stopped, why", () => {
  const missing = unit("e", { kind: "left", left: "not-built", reason: "it was not built here" });
  expect(format([missing], { dryRun: true })).toMatch(
    /Would adopt 0 of 1 unit .*\nName what you build with.*\/w\/target\n$/,
  );
  expect(format([], { complaint: "no network" })).toMatch(/Cargo stopped half-way: no network\n$/);
});
