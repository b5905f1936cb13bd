// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import fc from "fast-check";
import compare from "semver/functions/compare.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { createCatalog } from "../../src/store/catalog.ts";
import { matchesSelection } from "../../src/store/matches-selection.ts";
import { openParts } from "../../src/store/open-unit-store.ts";
import { type Selection, type Selector, SORT_ORDERS, type SortOrder } from "../../src/store/selection.ts";
import type { RecordRow, StoreCatalog } from "../../src/store/store.ts";
import { versionOrder } from "../../src/store/version-order.ts";
import { type Digest, digestOf } from "../../src/unit/digest.ts";
import { UNIT_KINDS } from "../../src/unit/record.ts";
import { sampleOutput, sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

const PACKAGES = ["serde", "serde_derive", "libc"];
const VERSIONS = ["1.0.9", "1.0.10", "1.1.0-rc.1", "1.1.0", "0.2.177+meta", "not-semver"];
const COMPILERS = ["1.89.0", "1.90.0", "1.95.0", "1.96.0-beta.2", "1.97.0-nightly"];
const RANGES = [
  "^1.0",
  ">=1.90 <1.96",
  ">=1.90, <1.96",
  "1.0.10",
  "<1.1",
  "*",
  "1.97",
  "=1.1.0-rc.1",
  "<1.96",
];

const record = fc.record({
  package: fc.constantFrom(...PACKAGES),
  version: fc.constantFrom(...VERSIONS),
  rustc: fc.constantFrom(...COMPILERS),
  kind: fc.constantFrom(...UNIT_KINDS),
  triple: fc.constantFrom("x86_64-unknown-linux-gnu", "wasm32-wasip1"),
  profile: fc.constantFrom("debug", "release"),
  features: fc.uniqueArray(fc.string({ maxLength: 5 }), { maxLength: 2 }),
  privacy: fc.constantFrom("public" as const, "private" as const),
  files: fc.array(fc.constantFrom(1, 10, 100, 1000), { maxLength: 3 }),
  used: fc.integer({ min: 0, max: 5 }),
  created: fc.integer({ min: 0, max: 5 }),
  tookMs: fc.integer({ min: 0, max: 5 }),
});

const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.record({ by: fc.constant("crate" as const), name: fc.constantFrom(...PACKAGES, "none") }),
  fc.record({
    by: fc.constant("crate" as const),
    name: fc.constantFrom(...PACKAGES),
    version: fc.constantFrom(...RANGES),
  }),
  fc.record({
    by: fc.constant("key" as const),
    prefix: fc.string({ unit: fc.constantFrom(..."0123456789abcdefAF"), minLength: 1, maxLength: 2 }),
  }),
);

const selection: fc.Arbitrary<Selection> = fc.record(
  {
    selectors: fc.array(selector, { maxLength: 2 }),
    rustc: fc.constantFrom(...RANGES),
    target: fc.constantFrom("x86_64-unknown-linux-gnu", "none"),
    profile: fc.constantFrom("debug", "release"),
    kind: fc.constantFrom(...UNIT_KINDS),
    privacy: fc.constantFrom("public" as const, "private" as const),
    unusedSince: fc.integer({ min: 0, max: 6 }),
    largerThan: fc.constantFrom(0, 11, 1000),
    sort: fc.constantFrom(...SORT_ORDERS),
    limit: fc.integer({ min: 0, max: 5 }),
  },
  { requiredKeys: ["selectors"] },
);

/** A number that must not fall from one row to the next. */
const FALLING: Readonly<Partial<Record<SortOrder, (row: RecordRow) => number>>> = {
  size: (row) => row.size,
  used: (row) => row.used,
  created: (row) => row.created,
  time: (row) => row.tookMs,
};

const all: Selection = { selectors: [] };

describe("the catalog", () => {
  test("lists what the selection's definition says, in order, with the totals of all that matched", () => {
    const root = temporaryDirectory();
    let run = 0;
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 25 }),
        fc.array(selection, { minLength: 4, maxLength: 8 }),
        (samples, selections) => {
          run += 1;
          let clock = 0;
          const { index, shelf, store } = openParts(join(root, `${run}`), { now: () => clock });
          const contents = new Map<number, { digest: Digest; size: number }[]>();
          for (const [n, sample] of samples.entries()) {
            clock = sample.used;
            const files = sample.files.map((size) => ({ digest: digestOf(`${size} ${n % 2}`), size }));
            contents.set(n, files);
            const { privacy, created, tookMs, files: _, used: __, ...identity } = sample;
            const outputs = files.map(({ digest, size }, place) => sampleOutput(digest, size, `${place}`));
            const options = { name: `${n}`, identity, outputs, privacy, created, tookMs };
            shelf.putAll([sampleRecord(options)], { indexOnly: true });
          }
          const catalog = createCatalog(index, shelf);
          const byInstance = new Map(samples.map((_, n) => [sampleRecord({ name: `${n}` }).instance, n]));
          const rows = catalog.list(all).rows;
          expect(rows).toHaveLength(samples.length);
          for (const each of selections) {
            const expected = rows.filter((row) => matchesSelection(each, row));
            const distinct = new Map(
              expected.flatMap((row) =>
                (contents.get(byInstance.get(row.instance) ?? -1) ?? []).map(
                  (file) => [file.digest, file.size] as const,
                ),
              ),
            );
            const { rows: listed, matched } = catalog.list(each);
            expect(matched).toEqual({
              records: expected.length,
              size: expected.reduce((sum, row) => sum + row.size, 0),
              sizeOnDisk: [...distinct.values()].reduce((sum, size) => sum + size, 0),
            });
            const whole = catalog.list({ ...each, limit: expected.length }).rows;
            expect(new Set(whole.map((row) => row.id))).toEqual(new Set(expected.map((row) => row.id)));
            expect(listed).toEqual(whole.slice(0, each.limit ?? whole.length));
            const measure = FALLING[each.sort ?? "crate"];
            const values =
              measure === undefined ? whole.map((row) => row.identity.package) : whole.map(measure);
            const sorted = [...values].sort((a, b) =>
              a === b ? 0 : a < b === (measure === undefined) ? -1 : 1,
            );
            expect(values).toEqual(sorted);
          }
          store.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  test("refuses what is no range, and answers nothing for what is no key", () => {
    const { index, shelf, store } = openParts(temporaryDirectory());
    onTestFinished(() => store.close());
    const catalog: StoreCatalog = createCatalog(index, shelf);
    shelf.put(sampleRecord());
    expect(() => catalog.list({ selectors: [], rustc: "new" })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
    expect(catalog.list({ selectors: [{ by: "key", prefix: "xyz" }] }).rows).toEqual([]);
    const [row] = catalog.list(all).rows;
    expect(catalog.get(row?.id ?? -1)).toEqual(sampleRecord());
    expect(catalog.get(12345)).toBeUndefined();
  });
});

test("the text that versions are sorted by orders them as semver does", () => {
  const part = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 3_000_000 }));
  const identifier = fc.constantFrom("0", "2", "11", "alpha", "beta", "rc", "rc1", "x-y");
  const version = fc
    .tuple(part, part, part, fc.array(identifier, { maxLength: 3 }))
    .map(
      ([major, minor, patch, pre]) =>
        `${major}.${minor}.${patch}${pre.length === 0 ? "" : `-${pre.join(".")}`}`,
    );
  fc.assert(
    fc.property(version, version, (a, b) => {
      const [x, y] = [versionOrder(a), versionOrder(b)];
      expect(x === y ? 0 : x < y ? -1 : 1).toBe(compare(a, b));
    }),
    { numRuns: 2000 },
  );
});
