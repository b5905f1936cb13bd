// SPDX-License-Identifier: MIT OR Apache-2.0
// Trials put together: medians and ranges of those that count.
import { didTooMuch } from "./gates.ts";
import { PROFILE_NAMES, type ProfileName, SCENARIO_NAMES, type Scenario } from "./scenarios.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { TOOL_NAMES, type ToolName } from "./tools.ts";
import type { Trial } from "./trial.ts";

/** All trials of one tool in one scenario. */
export interface Cell {
  readonly tool: ToolName;
  readonly scenario: Scenario;
  /** Seconds; undefined if no trial counts. */
  readonly seconds: Spread | undefined;
  /** Seconds of the fastest trial that does not count, which compiled more than it should. */
  readonly uncounted: number | undefined;
  /** Compilers that ran: the most of any trial that counts, else of any. */
  readonly compiled: number;
  /** Compilations that Cargo wanted and no compiler ran for. */
  readonly restored: number;
  /** Of trials that do not count, each reason once. */
  readonly objections: readonly string[];
  readonly objected: number;
}

/** One project in one profile. */
export interface Group {
  readonly project: string;
  readonly profile: ProfileName;
  readonly units: number;
  readonly cells: readonly Cell[];
}

/** In the order of the projects' first trials, then of profiles, tools and scenarios. */
export function summarize(trials: readonly Trial[]): readonly Group[] {
  const projects = unique(trials.map(({ project }) => project));
  return projects.flatMap((project) =>
    PROFILE_NAMES.flatMap((profile) => {
      const own = trials.filter((trial) => trial.project === project && trial.profile === profile);
      return own.length === 0 ? [] : [{ project, profile, units: own[0]?.units ?? 0, cells: cellsOf(own) }];
    }),
  );
}

/** The cell of a tool and a scenario. */
export function cellOf(group: Group, tool: ToolName, scenario: Scenario): Cell | undefined {
  return group.cells.find((cell) => cell.tool === tool && cell.scenario === scenario);
}

/** Tools that have any cell, in their order. */
export function toolsOf(groups: readonly Group[]): readonly ToolName[] {
  const names = new Set(groups.flatMap(({ cells }) => cells.map(({ tool }) => tool)));
  return TOOL_NAMES.filter((name) => names.has(name));
}

function cellsOf(trials: readonly Trial[]): readonly Cell[] {
  return TOOL_NAMES.flatMap((tool) =>
    SCENARIO_NAMES.flatMap((scenario) => {
      const own = trials.filter((trial) => trial.tool === tool && trial.scenario === scenario);
      return own.length === 0 ? [] : [cellFrom(tool, scenario, own)];
    }),
  );
}

function cellFrom(tool: ToolName, scenario: Scenario, trials: readonly Trial[]): Cell {
  const valid = trials.filter(({ objection }) => objection === undefined);
  const wrong = trials.filter(({ objection }) => objection !== undefined);
  const shown = valid.length > 0 ? valid : trials;
  const compiled = Math.max(...shown.map((trial) => trial.compiled));
  return {
    tool,
    scenario,
    seconds: spreadOf(valid.map(({ seconds }) => seconds)),
    uncounted: spreadOf(wrong.filter(({ objection }) => didTooMuch(objection)).map(({ seconds }) => seconds))
      ?.min,
    compiled,
    restored: Math.max(0, (trials[0]?.compilations ?? 0) - compiled),
    objections: unique(trials.flatMap(({ objection }) => objection ?? [])),
    objected: wrong.length,
  };
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
