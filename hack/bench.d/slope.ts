// SPDX-License-Identifier: MIT OR Apache-2.0
// How the cost of a warm build grows with the number of units.
import { fitLine, type Line, median } from "./statistics.ts";
import { TOOL_NAMES, TOOLS, type ToolName } from "./tools.ts";
import type { Trial } from "./trial.ts";

export interface Growth {
  readonly tool: ToolName;
  /** Median seconds at each number of units, fewest first. */
  readonly points: readonly (readonly [units: number, seconds: number])[];
  /** Seconds a unit, and seconds for none. */
  readonly line: Line | undefined;
  /** Why trials do not count, each reason once. */
  readonly objections: readonly string[];
}

/** Of each tool's trials that count. */
export function growthOf(trials: readonly Trial[]): readonly Growth[] {
  return TOOL_NAMES.flatMap((tool) => {
    const all = trials.filter((trial) => trial.tool === tool);
    if (all.length === 0) return [];
    const valid = all.filter(({ objection }) => objection === undefined);
    const sizes = [...new Set(valid.map(({ units }) => units))].sort((a, b) => a - b);
    const points = sizes.map((size): readonly [number, number] => {
      const seconds = valid.filter(({ units }) => units === size).map((trial) => trial.seconds);
      return [size, median(seconds)];
    });
    const objections = [...new Set(all.flatMap(({ objection }) => objection ?? []))];
    return [{ tool, points, line: fitLine(points), objections }];
  });
}

/** A line a size, then the slope in milliseconds a unit. */
export function formatGrowth(growth: readonly Growth[]): string {
  return growth
    .map(({ tool, points, line, objections }) => {
      const sizes = points.map(([units, seconds]) => {
        return `  ${String(units).padStart(5)} units ${seconds.toFixed(2).padStart(8)} s\n`;
      });
      const reasons = objections.map((why) => `  * not counted: ${why}\n`);
      return [`${TOOLS[tool].title}: ${slopeText(line)}\n`, ...sizes, ...reasons].join("");
    })
    .join("");
}

/** `0.84 ms a unit + 0.21 s (r² 0.998)` */
export function slopeText(line: Line | undefined): string {
  if (line === undefined) return "no line";
  const { slope, intercept, r2 } = line;
  return `${(slope * 1000).toFixed(2)} ms a unit + ${intercept.toFixed(2)} s (r² ${r2.toFixed(3)})`;
}
