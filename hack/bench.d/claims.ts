// SPDX-License-Identifier: MIT OR Apache-2.0
// What a warm build promises, held against what was measured.
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { cellOf, type Group } from "./summary.ts";
import { TOOLS, type ToolName } from "./tools.ts";

/** The whole of `cargo green build` over copying a finished target directory. */
const OVER_LIMIT = 1.5;
/** Seconds that it may take beyond that. */
const BEYOND_LIMIT = 0.3;
const OVER_SCCACHE = 5;
/** Over the better of kache and mbx, for a project of less than `LARGE` units, and for others. */
const OVER_PEERS = { small: 1.5, large: 2.5 };
const LARGE = 300; // units

export interface Claim {
  readonly text: string;
  readonly holds: boolean;
}

/** What can be said of b and c, as far as both sides were measured. */
export function claimsOf(group: Group): readonly Claim[] {
  return (["elsewhere", "clean"] as const).flatMap((scenario) => [
    ...noCompiler(group, scenario),
    ...againstLimit(group, scenario),
    ...fasterThan(group, scenario, ["sccache"], OVER_SCCACHE),
    ...fasterThan(
      group,
      scenario,
      ["kache", "mbx"],
      group.units >= LARGE ? OVER_PEERS.large : OVER_PEERS.small,
    ),
  ]);
}

/** One line a claim. */
export function formatClaims(group: Group): string {
  return claimsOf(group)
    .map(({ text, holds }) => `${holds ? "holds" : "FAILS"}  ${text}\n`)
    .join("");
}

function noCompiler(group: Group, scenario: Scenario): readonly Claim[] {
  const cell = cellOf(group, "green", scenario);
  if (cell === undefined) return [];
  const holds = cell.objected === 0 && (cell.compiled === 0 || group.profile === "incremental");
  const allowed = group.profile === "incremental" ? "no compiler for a dependency" : "no compiler";
  return [{ text: `${titleOf(scenario)}: ${allowed}: ${cell.compiled} ran`, holds }];
}

function againstLimit(group: Group, scenario: Scenario): readonly Claim[] {
  const own = secondsOf(group, "green", scenario);
  const limit = secondsOf(group, "copy", scenario);
  if (own === undefined || limit === undefined) return [];
  const allowed = OVER_LIMIT * limit + BEYOND_LIMIT;
  const ratio = `${own.toFixed(2)} s, ${(own / limit).toFixed(2)} × the copy`;
  const text = `${titleOf(scenario)}: ${ratio}; allowed ${allowed.toFixed(2)} s`;
  return [{ text, holds: own <= allowed }];
}

function fasterThan(
  group: Group,
  scenario: Scenario,
  others: readonly ToolName[],
  times: number,
): readonly Claim[] {
  const own = secondsOf(group, "green", scenario);
  const known = others.flatMap((name) => {
    const cell = cellOf(group, name, scenario);
    const seconds = cell?.seconds?.median ?? cell?.uncounted;
    return seconds === undefined ? [] : [{ name, seconds, counts: cell?.seconds !== undefined }];
  });
  const best = known.toSorted((a, b) => a.seconds - b.seconds)[0];
  if (own === undefined || best === undefined) return [];
  const ratio = best.seconds / own;
  const other = `${TOOLS[best.name].title}${best.counts ? "" : ", whose fastest run it is though none counts"}`;
  const text = `${titleOf(scenario)}: ${ratio.toFixed(2)} × as fast as ${other}; wanted ${times} ×`;
  return [{ text, holds: ratio >= times }];
}

function secondsOf(group: Group, tool: ToolName, scenario: Scenario): number | undefined {
  return cellOf(group, tool, scenario)?.seconds?.median;
}

function titleOf(scenario: Scenario): string {
  return `${SCENARIOS[scenario].letter}, ${SCENARIOS[scenario].title}`;
}
