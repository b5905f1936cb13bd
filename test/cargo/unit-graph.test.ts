// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUnitGraph, type UnitGraph } from "../../src/cargo/unit-graph.ts";

/** Of cargo 1.95: a library with a build script, and dependencies from a path and from git. */
const FIXTURE = readFileSync(join(import.meta.dirname, "fixtures/unit-graph.json"), "utf8");

interface Raw {
  version: unknown;
  units: Record<string, unknown>[];
  roots: unknown[];
}

function parse(json: string): UnitGraph {
  const parsed = parseUnitGraph(json);
  if (parsed.kind !== "graph") throw new Error(parsed.reason);
  return parsed.graph;
}

/** What is said of the fixture after a change to it. */
function changed(change: (raw: Raw) => unknown) {
  const raw = JSON.parse(FIXTURE) as Raw;
  change(raw);
  return parseUnitGraph(JSON.stringify(raw));
}

describe("a unit graph", () => {
  it("is read as Cargo prints it", () => {
    const { units, roots } = parse(FIXTURE);
    const host = "x86_64-unknown-linux-gnu";
    const seen = units.map(({ packageId, mode, platform, target, dependencies }) => {
      const needs = dependencies.map(({ index, externCrateName }) => `${index} ${externCrateName}`);
      return [packageId.name, target.kind[0], mode, platform, ...needs];
    });
    expect(seen).toEqual([
      ["app", "lib", "build", host, "1 build_script_build", "3 sub_crate", "4 weird"],
      ["app", "custom-build", "run-custom-build", host, "2 build_script_build"],
      ["app", "custom-build", "build", undefined],
      ["sub-crate", "lib", "build", host],
      ["weird", "lib", "build", host],
    ]);
    expect(roots).toEqual([0]);
    expect(units[3]).toMatchObject({
      target: { name: "sub_crate", crateTypes: ["lib"], edition: "2021", test: true, doctest: true },
      profile: { name: "dev", incremental: false },
      features: [],
      isStd: false,
      others: "",
    });
    expect(units[3]?.target.srcPath).toMatch(/^\/cargo\/git\/checkouts\/.*\/sub\/src\/lib\.rs$/);
    expect(units[0]?.profile.json).toContain('"opt_level":"0"');
  });

  it("keeps what it does not know", () => {
    const parsed = changed(({ units }) => {
      Object.assign(units[0] ?? {}, { is_std: true, colour: ["green"] });
      Object.assign(units[0]?.["target"] ?? {}, { smell: 1, "required-features": ["f"] });
    });
    expect(parsed).toMatchObject({
      graph: {
        units: [
          {
            isStd: true,
            others: '{"colour":["green"]}',
            target: { others: '{"smell":1}', requiredFeatures: ["f"] },
          },
          ...[{}, {}, {}, {}],
        ],
      },
    });
  });

  it("keeps profiles apart that differ anywhere", () => {
    const parsed = changed(({ units }) => {
      Object.assign(units[0]?.["profile"] ?? {}, { strip: { resolved: "None" } });
      Object.assign(units[1]?.["profile"] ?? {}, { tomorrow: 1 });
    });
    const profiles = parsed.kind === "graph" ? parsed.graph.units.map(({ profile }) => profile.json) : [];
    expect(new Set(profiles).size).toBe(4);
    expect(profiles[2]).toBe(profiles[4]);
    expect(profiles[0]).toContain('"strip":{"resolved":"None"}');
  });

  it.each<[string, (raw: Raw) => unknown, string]>([
    ["of another version", (raw) => (raw.version = 2), "version is 2"],
    [
      "with a mode of tomorrow",
      (raw) => Object.assign(raw.units[0] ?? {}, { mode: "dream" }),
      'mode is "dream"',
    ],
    ["without targets", (raw) => delete raw.units[0]?.["target"], "target is missing"],
    ["with a root that is no unit", (raw) => raw.roots.push(5), "a position is 5"],
    [
      "with ids of another form",
      (raw) => Object.assign(raw.units[0] ?? {}, { pkg_id: "app 0.1.0" }),
      "app 0.1.0",
    ],
  ])("%s is unknown", (_, change, reason) => {
    expect(changed(change)).toEqual({ kind: "unknown", reason: expect.stringContaining(reason) });
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseUnitGraph(text).kind).toBe("unknown");
      }),
    );
    fc.assert(
      fc.property(fc.nat(FIXTURE.length), fc.string({ maxLength: 3 }), (at, noise) => {
        expect(["graph", "unknown"]).toContain(
          parseUnitGraph(FIXTURE.slice(0, at) + noise + FIXTURE.slice(at + 1)).kind,
        );
      }),
    );
  });
});
