// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ShimRequest } from "../../../src/broker/protocol.ts";
import { checkedTwins } from "../../../src/broker/replay/checked-twins.ts";
import { matchUnits } from "../../../src/broker/replay/match-units.ts";
import { parseUnitGraph, type UnitGraph } from "../../../src/cargo/unit-graph.ts";

interface Seen {
  readonly request: ShimRequest;
}

interface Recorded {
  readonly graph: UnitGraph;
  readonly seen: readonly Seen[];
}

/**
 * What cargo 1.95 said it would do and then asked of its compiler wrapper, for a package with all kinds of targets and
 * a build script, over a proc-macro and a library that has other features for the host.
 */
function recorded(name: string): Recorded {
  const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8")) as {
    readonly graph: unknown;
    readonly requests: readonly (Omit<ShimRequest, "env"> & { readonly env: Record<string, string> })[];
  };
  const parsed = parseUnitGraph(JSON.stringify(fixture.graph));
  if (parsed.kind !== "graph") throw new Error(parsed.reason);
  const seen = fixture.requests.map((each) => ({
    request: { ...each, env: new Map(Object.entries(each.env)) },
  }));
  return { graph: parsed.graph, seen };
}

/** `-C extra-filename`, by which Cargo tells units apart, or what a request is otherwise. */
function nameOf({ request: { argv, role } }: Seen): string {
  return argv.find((arg) => arg.startsWith("extra-filename="))?.slice("extra-filename=-".length, 21) ?? role;
}

function matches({ graph, seen }: Recorded): Record<number, string> {
  return Object.fromEntries([...matchUnits(graph, seen)].map(([at, each]) => [at, nameOf(each)]));
}

/** By position in the graph; which is which was told by hand, from targets, `--test` and externs. */
const EXPECTED = {
  "check-all-targets": {
    0: "b0069",
    1: "90691", // as it is, before its harness
    2: "42ffb",
    3: "7503d",
    4: "9a26f",
    5: "4f205",
    6: "3709f",
    7: "ecd63",
    8: "4a3dd",
    9: "f1efe",
    10: "4d3ef",
    11: "cfc97",
    12: "build-script",
  },
  // 3, 6 and 9 are documentation tests, which Cargo asks rustdoc for.
  test: {
    0: "b0069",
    1: "48b0f",
    2: "2d714",
    4: "7503d",
    5: "a59a7",
    7: "be2b7",
    8: "a6703",
    10: "a7c8e",
    11: "08bfb",
    12: "3ad34",
    13: "cfc97",
    14: "build-script",
  },
} as const;
const NAMES = ["check-all-targets", "test"] as const;

describe("requests are matched with units", () => {
  it.each(NAMES)("of cargo %s, each with the one that it is for, in whatever order they come", (name) => {
    const build = recorded(name);
    expect(matches(build)).toEqual(EXPECTED[name]);
    fc.assert(
      fc.property(fc.shuffledSubarray([...build.seen], { minLength: build.seen.length }), (seen) => {
        expect(matches({ ...build, seen })).toEqual(EXPECTED[name]);
      }),
      { numRuns: 20 },
    );
  });

  it.each(NAMES)("of cargo %s, and never wrongly where not all of them ask", (name) => {
    const build = recorded(name);
    const expected: Readonly<Record<number, string>> = EXPECTED[name];
    fc.assert(
      fc.property(fc.subarray([...build.seen]), (seen) => {
        for (const [at, found] of Object.entries(matches({ ...build, seen }))) {
          // Without the units that tell two features of one library apart, either could be meant.
          expect(found).toBe(expected[Number(at)]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("not where a request could be for two units, or two requests for one", () => {
    const { graph, seen } = recorded("test");
    const leaf = graph.units[0];
    if (leaf === undefined) throw new Error("no units");
    const twice = matches({ graph: { units: [...graph.units, leaf], roots: graph.roots }, seen });
    expect(Object.values(twice)).not.toContain("b0069");
    expect(Object.values(matches({ graph, seen: [...seen, ...seen] }))).toEqual([]);
  });

  it("not where features, profile, platform or mode are others", () => {
    const { graph, seen } = recorded("test");
    const at = 2;
    const changes: readonly ((unit: UnitGraph["units"][number]) => object)[] = [
      () => ({ features: ["other"] }),
      ({ profile }) => ({
        profile: { ...profile, json: profile.json.replace('"opt_level":"0"', '"opt_level":"3"') },
      }),
      ({ profile }) => ({
        profile: { ...profile, json: profile.json.replace('"debuginfo":2', '"debuginfo":1') },
      }),
      () => ({ platform: "wasm32-unknown-unknown" }),
      () => ({ mode: "check" }),
      ({ target }) => ({ target: { ...target, srcPath: "/elsewhere/src/lib.rs" } }),
    ];
    for (const change of changes) {
      const units = graph.units.map((unit, index) => (index === at ? { ...unit, ...change(unit) } : unit));
      expect(matches({ graph: { ...graph, units }, seen })[at]).toBeUndefined();
    }
  });
});

describe("units that are checked twice", () => {
  it("are told apart by their order", () => {
    const { graph } = recorded("check-all-targets");
    expect(Object.fromEntries(checkedTwins(graph.units))).toEqual({
      ...{ 1: "plain", 2: "harness", 4: "plain", 5: "harness" },
      ...{ 6: "plain", 7: "harness", 8: "plain", 9: "harness" },
    });
    expect(checkedTwins(recorded("test").graph.units).size).toBe(0);
  });
});
