// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { type Candidate, completeOf } from "../../../src/broker/replay/candidates.ts";
import type { UnitGraph } from "../../../src/cargo/unit-graph.ts";
import type { PlanKey } from "../../../src/unit/digest.ts";

/** Units by name, with what is below them; candidates for those that are in `stored`. */
function complete(below: Readonly<Record<string, readonly string[]>>, stored: readonly string[]) {
  const names = Object.keys(below);
  const units = names.map((name) => ({
    dependencies: (below[name] ?? []).map((each) => ({ index: names.indexOf(each) })),
  }));
  const candidates = new Map(
    stored.map((name) => [name as PlanKey, [{ profile: name } as Candidate]] as const),
  );
  const graph = { units, roots: [] } as unknown as UnitGraph;
  return completeOf(graph, names as PlanKey[], candidates).flatMap((each) =>
    each.map(({ profile }) => profile),
  );
}

test("a unit can be laid down if there is something of it and of all below it", () => {
  const graph = { bin: ["lib", "run"], lib: ["leaf"], leaf: [], run: ["script"], script: [] };
  expect(complete(graph, ["bin", "lib", "leaf", "run", "script"])).toEqual(Object.keys(graph));
  expect(complete(graph, ["bin", "lib", "leaf", "script"])).toEqual(["lib", "leaf", "script"]);
  expect(complete(graph, ["bin", "lib", "run", "script"])).toEqual(["run", "script"]);
  expect(complete(graph, [])).toEqual([]);
});
