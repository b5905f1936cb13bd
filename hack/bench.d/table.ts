// SPDX-License-Identifier: MIT OR Apache-2.0
// The measurements as text.
import { plain } from "../../src/ui/color.ts";
import { type Column, formatTable } from "../../src/ui/table.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import type { Spread } from "./statistics.ts";
import { type Cell, cellOf, type Group, toolsOf } from "./summary.ts";
import { TOOLS, type ToolName } from "./tools.ts";

/** A table of seconds and one of what was compiled for each project and profile, then what does not count. */
export function formatBuilds(groups: readonly Group[]): string {
  return groups.map(formatGroup).join("\n");
}

function formatGroup(group: Group): string {
  const { project, profile, units } = group;
  const scenarios = Object.keys(SCENARIOS)
    .map((name) => name as Scenario)
    .filter((scenario) => group.cells.some((cell) => cell.scenario === scenario));
  const tools = toolsOf([group]);
  const table = (cell: (cell: Cell) => string) => {
    const columns = scenarios.map((scenario): Column<ToolName> => {
      const { letter, title } = SCENARIOS[scenario];
      return {
        header: `${letter}: ${title}`,
        align: "right",
        cell: (tool) => {
          const found = cellOf(group, tool, scenario);
          return found === undefined ? "" : cell(found);
        },
      };
    });
    const first: Column<ToolName> = { header: "", cell: (tool) => TOOLS[tool].title };
    return formatTable([first, ...columns], tools, { width: Number.POSITIVE_INFINITY, paint: plain });
  };
  return [
    `${project}, ${profile}: ${units} units\n`,
    "seconds: median (range)\n",
    table(secondsText),
    "units compiled + restored, runs of build scripts aside\n",
    table(({ compiled, restored }) => `${compiled} + ${restored}`),
    ...objectionLines(group),
  ].join("");
}

/** `0.61 (0.60–0.64)`; with a star where a trial does not count, and nothing but it where none does. */
export function secondsText({ seconds, objected }: Pick<Cell, "seconds" | "objected">): string {
  const star = objected > 0 ? "*" : "";
  return seconds === undefined ? star : `${spreadText(seconds)}${star}`;
}

/** `0.61 (0.60–0.64)`, or `0.61` for a single one. */
export function spreadText({ median, min, max, count }: Spread): string {
  return count === 1 ? median.toFixed(2) : `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function objectionLines(group: Group): readonly string[] {
  return group.cells.flatMap(({ tool, scenario, objections, objected }) =>
    objections.map((why, at) => {
      const count = at === 0 ? `${objected} not counted` : "also";
      return `* ${TOOLS[tool].title}, ${SCENARIOS[scenario].letter}: ${count}: ${why.trimEnd()}\n`;
    }),
  );
}
