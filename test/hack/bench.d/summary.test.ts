// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe, expect, test } from "vitest";
import { drawBuilds, drawSweep } from "../../../hack/bench.d/chart.ts";
import { claimsOf } from "../../../hack/bench.d/claims.ts";
import { growthOf, slopeText } from "../../../hack/bench.d/slope.ts";
import { cellOf, type Group, summarize } from "../../../hack/bench.d/summary.ts";
import { formatBuilds } from "../../../hack/bench.d/table.ts";
import type { Trial } from "../../../hack/bench.d/trial.ts";
import { trial } from "./trials.ts";

function groupOf(...trials: Trial[]): Group {
  const [group] = summarize(trials);
  if (group === undefined) throw new Error("There is no group");
  return group;
}

describe("trials put together", () => {
  const group = groupOf(
    trial({ round: 1, seconds: 2 }),
    trial({ round: 2, seconds: 90, compiled: 3, objection: "compiled 3 that it should not: a, b, c" }),
    trial({ round: 3, seconds: 4 }),
    trial({ tool: "mbx", compiled: 41, objection: "failed: mbx build" }),
  );

  test("those that do not count are not averaged, and not hidden", () => {
    const cell = cellOf(group, "green", "elsewhere");
    expect(cell?.seconds).toEqual({ median: 3, min: 2, max: 4, count: 2 });
    expect(cell).toMatchObject({ compiled: 0, restored: 41, objected: 1 });
    const text = formatBuilds([group]);
    expect(text).toContain("3.00 (2.00–4.00)*");
    expect(text).toContain("* cargo-green, b: 1 not counted: compiled 3");
    expect(text).toContain("* mbx, b: 1 not counted: failed: mbx build");
  });

  test("a tool of which nothing counts has no time", () => {
    expect(cellOf(group, "mbx", "elsewhere")?.seconds).toBeUndefined();
  });

  test("projects and profiles are apart", () => {
    const groups = summarize([trial(), trial({ profile: "debug" }), trial({ project: "other" })]);
    expect(groups.map(({ project, profile }) => `${project} ${profile}`)).toEqual([
      "ripgrep release",
      "ripgrep debug",
      "other release",
    ]);
  });
});

describe("claims", () => {
  const warm = (tool: Trial["tool"], seconds: number, units = 48) => trial({ tool, seconds, units });
  const failing = (group: Group) => claimsOf(group).filter(({ holds }) => !holds);

  test("hold where cargo-green is near the limit and ahead of the others", () => {
    const group = groupOf(warm("green", 0.35), warm("copy", 0.1), warm("sccache", 20), warm("mbx", 0.6));
    expect(claimsOf(group)).toHaveLength(4);
    expect(failing(group)).toEqual([]);
  });

  test("are made against a tool that always compiles too much, which is said", () => {
    const objection = "compiled 6 that it should not: a, …";
    const slow = trial({ tool: "sccache", seconds: 20, compiled: 6, objection });
    const broken = trial({ tool: "sccache", seconds: 0.1, objection: "failed: cargo build" });
    const [claim] = claimsOf(groupOf(warm("green", 0.5), slow, broken)).slice(1);
    expect(claim?.holds).toBe(true);
    expect(claim?.text).toMatch(/40\.00 × as fast as sccache, .*none counts/);
  });

  test("fail where a compiler ran, also in a trial that is not averaged", () => {
    const group = groupOf(warm("green", 0.3), trial({ round: 2, compiled: 1, objection: "compiled 1" }));
    expect(failing(group)).toHaveLength(1);
  });

  test("take the better of the peers, and ask more of a large project", () => {
    const trials = [warm("green", 0.4), warm("kache", 0.9), warm("mbx", 0.7)];
    expect(failing(groupOf(...trials))).toEqual([]);
    const [claim] = failing(groupOf(...trials.map((each) => ({ ...each, units: 400 }))));
    expect(claim?.text).toContain("as fast as mbx; wanted 2.5 ×");
  });
});

test("growth is the slope over the sizes' medians", () => {
  const sized = (units: number, round: number, seconds: number) =>
    trial({ project: `synthetic-${units}`, units, round, seconds });
  const trials = [100, 200, 1000].flatMap((units) => [
    sized(units, 1, 0.2 + units / 1000),
    sized(units, 2, 0.2 + units / 1000),
    sized(units, 3, 99),
  ]);
  const [growth, none] = growthOf([...trials, trial({ tool: "mbx", objection: "failed" })]);
  expect(slopeText(growth?.line)).toBe("1.00 ms a unit + 0.20 s (r² 1.000)");
  expect(none).toEqual({ tool: "mbx", points: [], line: undefined, objections: ["failed"] });
});

// Loading the library takes seconds on a busy machine.
test("charts are SVG that names tools, scenarios and what does not count", { timeout: 60_000 }, () => {
  const groups = summarize([
    trial({ seconds: 0.5 }),
    trial({ seconds: 0.7, round: 2 }),
    trial({ tool: "mbx", objection: "failed" }),
  ]);
  const svg = drawBuilds(groups, "cargo 1.95.0") ?? "";
  for (const text of [
    "<svg",
    "cargo-green",
    "b: other checkout",
    "0.600",
    "does not count",
    "cargo 1.95.0",
  ]) {
    expect(svg).toContain(text);
  }
  expect(drawBuilds([], "")).toBeUndefined();
  expect(drawSweep(growthOf([trial({ units: 50 }), trial({ units: 90 })]), "")).toContain("ms a unit");
});
