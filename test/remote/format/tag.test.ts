// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupUnits } from "../../../src/remote/format/group-units.ts";
import { likeness, sketchOf } from "../../../src/remote/format/sketch.ts";
import {
  isOurTag,
  isTag,
  type PackScope,
  packPrefix,
  packTag,
  parseAnyPackTag,
  parsePackTag,
  parseUnitTag,
  unitTag,
  unitTagPrefix,
} from "../../../src/remote/format/tag.ts";
import type { UnitKey } from "../../../src/unit/digest.ts";
import type { UnitIdentity } from "../../../src/unit/record.ts";

const SCOPE: PackScope = {
  rustc: "1.95.0",
  rustcVersion: "rustc 1.95.0 (59807616e 2026-04-14)",
  triple: "x86_64-unknown-linux-gnu",
  profile: "release",
  mode: "build",
};
const KEY = "0123456789abcdef".repeat(4) as UnitKey;
const identity = (changes: Partial<UnitIdentity>): UnitIdentity => ({
  package: "serde",
  version: "1.0.228",
  source: "crates-io",
  target: "serde",
  kind: "lib",
  features: [],
  triple: "x86_64-unknown-linux-gnu",
  profile: "release",
  rustc: "1.95.0",
  mode: "build",
  ...changes,
});

describe("a tag", () => {
  test("of a unit tells what it is", () => {
    expect(unitTag(identity({}), KEY)).toBe(
      "serde-1.0.228.1.95.0.x86_64-unknown-linux-gnu.release.0123456789abcdef",
    );
    expect(unitTag(identity({ version: "1.0.0+build.7" }), KEY)).toContain("serde-1.0.0_build.7.");
  });

  test("is one that registries take, whatever units are called", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (name, version, triple, profile) => {
        const unit = identity({ package: name, version, triple, profile, rustc: "1.97.0-nightly" });
        const tag = unitTag(unit, KEY);
        expect(isTag(tag)).toBe(true);
        expect(isOurTag(tag)).toBe(true);
        expect(tag.startsWith(unitTagPrefix(unit))).toBe(true);
      }),
    );
  });

  test("of a pack is one too, and is read again", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.string()), (triple, profile, names) => {
        const scope = { ...SCOPE, triple, profile };
        const sketch = sketchOf(names);
        const tag = packTag(scope, sketch, "0123456789abcdef");
        expect(isTag(tag)).toBe(true);
        expect(isOurTag(tag)).toBe(true);
        expect(isOurTag(`${tag}.p2`)).toBe(true);
        expect(parsePackTag(tag, scope)).toEqual({ sketch, id: "0123456789abcdef" });
      }),
    );
  });

  test("of a unit is taken apart again, but for what is a hash in it", () => {
    const number = fc.nat({ max: 300 });
    const release = fc.tuple(number, number, number).map((parts) => parts.join("."));
    const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}(?:-[a-z0-9]{1,4}){0,2}$/);
    const version = fc
      .tuple(release, fc.constantFrom("", "-alpha.1.2.3", "-rc1", "+1.7.2", "-1.0.0"))
      .map((parts) => parts.join(""));
    const rustc = fc
      .tuple(release, fc.constantFrom("", "-nightly", "-beta.2"))
      .map((parts) => parts.join(""));
    const triple = fc.constantFrom("x86_64-unknown-linux-gnu", "thumbv8m.main-none-eabi", "wasm32-wasip1");
    const profile = fc.constantFrom("debug", "release", "my-profile_2", "x".repeat(50));
    fc.assert(
      fc.property(name, version, rustc, triple, profile, (crate, ...[of, by, on, like]) => {
        const unit = { package: crate, version: of, rustc: by, triple: on, profile: like };
        const isHashed = `${crate}-${of}`.length > 40;
        expect(parseUnitTag(unitTag(identity(unit), KEY))).toEqual({
          ...unit,
          ...(isHashed && { package: undefined, version: undefined }),
          profile: like.length > 40 ? undefined : like,
          key: KEY.slice(0, 16),
        });
      }),
    );
    expect(parseUnitTag(unitTag(identity({ package: "été", rustc: "my own", triple: "a b" }), KEY))).toEqual({
      ...{ package: undefined, version: undefined, rustc: undefined, triple: undefined },
      ...{ profile: "release", key: KEY.slice(0, 16) },
    });
  });

  test("of a pack is taken apart without its scope", () => {
    const whole = packTag(SCOPE, sketchOf(["a"]), "0123456789abcdef");
    const { rustc, triple, profile, mode } = SCOPE;
    const parts = { rustc, triple, profile, mode, sketch: sketchOf(["a"]), id: "0123456789abcdef", whole };
    expect(parseAnyPackTag(whole)).toEqual({ ...parts, part: 1 });
    expect(parseAnyPackTag(`${whole}.p12`)).toEqual({ ...parts, part: 12 });
    expect(parseAnyPackTag(unitTag(identity({}), KEY))).toBeUndefined();
    expect(parseUnitTag(whole)).toBeUndefined();
  });

  test("of a pack of another toolchain is not mistaken", () => {
    const tag = packTag(SCOPE, sketchOf([]), "0123456789abcdef");
    const other = { ...SCOPE, rustcVersion: "another" };
    expect(packPrefix(other)).not.toBe(packPrefix(SCOPE));
    expect(parsePackTag(tag, other)).toBeUndefined();
  });

  test.each(["latest", "v1.2.3", "main", "pack", "1.2.3", "sha-0123456789abcdef"])(
    "of somebody else's, as %s, is not ours",
    (tag) => expect(isOurTag(tag)).toBe(false),
  );
});

describe("a sketch", () => {
  const names = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => `crate-${from + at} 1.0.0`);

  test("is the same for the same set in any order", () => {
    expect(sketchOf(names(0, 50).toReversed())).toBe(sketchOf(names(0, 50)));
  });

  test("tells about how much two sets have in common", () => {
    const all = sketchOf(names(0, 300));
    expect(likeness(all, all)).toBe(1);
    expect(likeness(all, sketchOf(names(3, 303)))).toBeGreaterThan(0.7);
    expect(likeness(all, sketchOf(names(1000, 1300)))).toBeLessThan(0.2);
    expect(likeness(all, "not a sketch")).toBe(0);
  });
});

describe("groups of units", () => {
  const unit = fc.record({
    package: fc.stringMatching(/^[a-z]{1,8}$/),
    instance: fc.uuid(),
    size: fc.integer({ min: 0, max: 40 * 1024 * 1024 }),
    paths: fc
      .array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 2 })
      .map((paths) => [...new Set(paths)]),
  });

  test("hold each unit once, no path twice, whatever order they come in", () => {
    fc.assert(
      fc.property(fc.uniqueArray(unit, { selector: ({ instance }) => instance, maxLength: 100 }), (units) => {
        const groups = groupUnits(units);
        expect(
          groups
            .flat()
            .map(({ instance }) => instance)
            .sort(),
        ).toEqual(units.map(({ instance }) => instance).sort());
        for (const group of groups) {
          const paths = group.flatMap((each) => each.paths);
          expect(new Set(paths).size).toBe(paths.length);
        }
        expect(groupUnits(units.toReversed())).toEqual(groups);
      }),
    );
  });

  test("are few: one for eight units at most", () => {
    fc.assert(
      fc.property(fc.array(unit, { minLength: 16, maxLength: 400 }), (units) => {
        const apart = units.map((each, at) => ({ ...each, instance: String(at), paths: [String(at)] }));
        expect(groupUnits(apart).length).toBeLessThanOrEqual(Math.floor(apart.length / 8));
      }),
    );
  });

  test("change in one place when one package changes", () => {
    const units = Array.from({ length: 200 }, (_, at) => ({
      ...{ package: `crate-${at}`, instance: `i${at}`, size: 1024 * 1024, paths: [`p${at}`] },
    }));
    const text = (each: typeof units) => groupUnits(each).map((group) => JSON.stringify(group));
    const before = text(units);
    const after = text(units.map((each, at) => (at === 7 ? { ...each, instance: "new" } : each)));
    expect(after.filter((group) => !before.includes(group)).length).toBe(1);
    expect(before.length).toBeGreaterThan(4);
  });
});
