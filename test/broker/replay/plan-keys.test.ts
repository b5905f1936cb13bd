// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PlanBasis, planKeys } from "../../../src/broker/replay/plan-keys.ts";
import { indexLockfile, parseLockfile } from "../../../src/cargo/lockfile.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { parseUnitGraph, type UnitGraph } from "../../../src/cargo/unit-graph.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
interface RawGraph {
  readonly version: number;
  readonly units: readonly { readonly [field: string]: Json }[];
  readonly roots: readonly number[];
}

/** Of cargo 1.95: 13 units, `check --all-targets`. */
const FIXTURE = (
  JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/check-all-targets.json"), "utf8")) as {
    readonly graph: RawGraph;
  }
).graph;

const BASIS: PlanBasis = {
  common: ["cargo 1.95.0", "rustc 1.95.0", "RUSTFLAGS="],
  memberCompiler: "rustc",
  rootArguments: [],
  roots: makeRoots({ WORKSPACE: "/work", CARGO_HOME: "/home/u/.cargo" }),
  lock: indexLockfile(parseLockfile("")),
};

function parse(raw: RawGraph): UnitGraph {
  const parsed = parseUnitGraph(JSON.stringify(raw));
  if (parsed.kind !== "graph") throw new Error(parsed.reason);
  return parsed.graph;
}
const keysOf = (raw: RawGraph, basis: PlanBasis = BASIS) => planKeys(parse(raw), basis);

/** Positions of the units whose key is another. */
function changedKeys(raw: RawGraph, basis: PlanBasis = BASIS): readonly number[] {
  const before = keysOf(FIXTURE);
  return keysOf(raw, basis).flatMap((key, at) => (key === before[at] ? [] : [at]));
}

/** A unit and all that depend on it, at any depth. */
function above(at: number): readonly number[] {
  const found = new Set([at]);
  const { units } = parse(FIXTURE);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [index, { dependencies }] of units.entries()) {
      if (dependencies.some((each) => found.has(each.index))) found.add(index);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Paths of all plain values in a unit, but for its dependencies' positions. */
function leaves(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (path.at(-1) === "index") return [];
  if (Array.isArray(value)) return value.flatMap((each: Json, at) => leaves(each, [...path, at]));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([name, each]) => leaves(each, [...path, name]));
  return [path];
}

function replaceAt(value: Json, path: readonly (string | number)[], change: (old: Json) => Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((each: Json, at) => (at === first ? replaceAt(each, rest, change) : each));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, each]: [string, Json]) => [
      name,
      name === first ? replaceAt(each, rest, change) : each,
    ]),
  );
}

/** Another value of the same kind that Cargo could have put there. */
function another(old: Json, path: readonly (string | number)[]): Json {
  if (typeof old === "boolean") return !old;
  if (typeof old === "number") return old + 1;
  if (path.at(-1) === "mode") return old === "test" ? "build" : "test";
  if (path.at(-1) === "pkg_id") return String(old).replace(/\d$/, "7");
  return `${old ?? ""}-other`;
}

function withUnit(at: number, change: (unit: RawGraph["units"][number]) => Json): RawGraph {
  const units = FIXTURE.units.map((unit, index) => (index === at ? change(unit) : unit));
  return { ...FIXTURE, units: units as RawGraph["units"] };
}

describe("plan keys", () => {
  it("of all units differ, those of a target and its test harness too", () => {
    const keys = keysOf(FIXTURE);
    expect(new Set(keys).size).toBe(FIXTURE.units.length);
    expect(keysOf(FIXTURE)).toEqual(keys);
  });

  it("change with any field of a unit: its own and those of all that depend on it, and no other", () => {
    const places = FIXTURE.units.flatMap((unit, at) => leaves(unit).map((path) => ({ at, path })));
    expect(places.length).toBeGreaterThan(300);
    for (const { at, path } of places) {
      const raw = withUnit(at, (unit) => replaceAt(unit, path, (old) => another(old, path)));
      const changed = changedKeys(raw);
      const what = `${at}: ${path.join(".")}`;
      expect(changed, what).toEqual(expect.arrayContaining([...above(at)]));
      // Of two that are checked, one that differs is no twin any more: the other is a unit of another kind then.
      const twins = FIXTURE.units.flatMap(({ pkg_id, mode }, index) =>
        mode === "check" && pkg_id === FIXTURE.units[at]?.["pkg_id"] ? above(index) : [],
      );
      const others = changed.filter((index) => !above(at).includes(index) && !twins.includes(index));
      expect(others, what).toEqual([]);
    }
  });

  it("change with fields that a later Cargo adds", () => {
    fc.assert(
      fc.property(
        fc.nat(FIXTURE.units.length - 1),
        fc.constantFrom([], ["target"], ["profile"]),
        fc.jsonValue(),
        (at, place, value) => {
          const raw = withUnit(at, (unit) =>
            replaceAt(unit, place, (old) => ({ ...(old as object), tomorrow: value as Json })),
          );
          expect(changedKeys(raw)).toEqual(expect.arrayContaining([...above(at)]));
        },
      ),
    );
  });

  it("change all with the compiler or the settings, and with arguments for the requested ones where these are", () => {
    const all = FIXTURE.units.map((_, at) => at);
    expect(changedKeys(FIXTURE, { ...BASIS, common: [...BASIS.common, "more"] })).toEqual(all);
    const roots = new Set(FIXTURE.roots.flatMap((at) => above(at)));
    expect(changedKeys(FIXTURE, { ...BASIS, rootArguments: ["--cfg", "x"] })).toEqual(
      all.filter((at) => roots.has(at)),
    );
    expect(roots.size).toBeLessThan(all.length);
  });

  it("are the same under profiles that share a directory, if nothing but the name differs", () => {
    const under = (name: string, optimized = "0") => ({
      ...FIXTURE,
      units: FIXTURE.units.map((unit) => {
        const profile = { ...(unit["profile"] as Record<string, Json>), name, opt_level: optimized };
        return { ...unit, profile };
      }),
    });
    expect(keysOf(under("test"))).toEqual(keysOf(under("dev")));
    expect(keysOf(under("bench"))).toEqual(keysOf(under("release")));
    const others = ["dev", "release", "fast", "tests"].flatMap((name) => keysOf(under(name)));
    expect(new Set([...others, ...keysOf(under("test", "1"))]).size).toBe(5 * FIXTURE.units.length);
  });

  it("change with what compiles members for these and what stands on them alone", () => {
    const changed = changedKeys(FIXTURE, { ...BASIS, memberCompiler: "clippy" });
    const members = parse(FIXTURE).units.flatMap(({ packageId }, at) =>
      packageId.source.kind === "path" ? above(at) : [],
    );
    expect(changed).toEqual([...new Set(members)].sort((a, b) => a - b));
  });

  it("are the same in another place, and another for a package that lies elsewhere", () => {
    const elsewhere = JSON.parse(JSON.stringify(FIXTURE).replaceAll("/work/", "/home/v/co/")) as RawGraph;
    const basis = { ...BASIS, roots: makeRoots({ WORKSPACE: "/home/v/co", CARGO_HOME: "/c" }) };
    expect(keysOf(elsewhere, basis)).toEqual(keysOf(FIXTURE));
    expect(changedKeys(elsewhere)).toHaveLength(FIXTURE.units.length);
  });

  it("follow what Cargo.lock pins", () => {
    const id = "registry+https://github.com/rust-lang/crates.io-index";
    const raw = withUnit(3, (unit) => ({ ...unit, pkg_id: `${id}#mac@1.0.0` }));
    const lock = (checksum: string) =>
      indexLockfile(
        parseLockfile(
          `version = 4\n[[package]]\nname = "mac"\nversion = "1.0.0"\nsource = "${id}"\nchecksum = "${checksum}"\n`,
        ),
      );
    const [one, two] = ["a", "b"].map((digit) => keysOf(raw, { ...BASIS, lock: lock(digit.repeat(64)) }));
    const changed = (one ?? []).flatMap((key, at) => (key === two?.[at] ? [] : [at]));
    expect(changed).toEqual(above(3));
  });
});
