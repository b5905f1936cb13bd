// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BuildRun } from "./build-run.ts";
import type { CompilerCall } from "./counting.ts";
import { objectionTo } from "./gates.ts";
import type { PreparedProject } from "./projects.ts";
import type { Profile, ProfileName, Scenario } from "./scenarios.ts";
import type { Tool, ToolName } from "./tools.ts";
import { countUnits, dependentsOf, type UnitGraph } from "./units.ts";
import type { World } from "./world.ts";

/** One measured build, as it stands in the JSON file. */
export interface Trial {
  readonly project: string;
  readonly profile: ProfileName;
  readonly scenario: Scenario;
  readonly tool: ToolName;
  /** From 1. */
  readonly round: number;
  readonly seconds: number;
  /** Units that Cargo wanted, and the compilations among them. */
  readonly units: number;
  readonly compilations: number;
  /** Compilers that ran, probes aside. */
  readonly compiled: number;
  /** Which, as `package/crate`, but for cold builds, which compile everything. */
  readonly compiledCrates?: readonly string[];
  /** Compilers that were only asked which sources there are. */
  readonly scans: number;
  /** Why it does not count. */
  readonly objection?: string;
}

/** A trial's place among the others. */
export type TrialId = Pick<Trial, "project" | "profile" | "scenario" | "tool" | "round">;

export function sameTrial(a: TrialId, b: TrialId): boolean {
  return (
    a.project === b.project &&
    a.profile === b.profile &&
    a.scenario === b.scenario &&
    a.tool === b.tool &&
    a.round === b.round
  );
}

export interface TrialOptions {
  readonly world: World;
  readonly tool: Tool;
  readonly project: PreparedProject;
  readonly profile: Profile;
  readonly graph: UnitGraph;
}

/** Measures one scenario in one round. The world must be filled, unless the scenario is `cold`. */
export function measure(scenario: Scenario, round: number, options: TrialOptions): Trial {
  return describe(build(scenario, round, options), scenario, round, options);
}

function build(scenario: Scenario, round: number, { world, tool }: TrialOptions): BuildRun {
  if (tool.name === "copy") return world.copied();
  switch (scenario) {
    case "cold":
      return world.cold();
    case "elsewhere":
      return world.elsewhere(round);
    case "clean":
      return world.cleaned();
    case "bump":
      return world.bumped(round);
    case "edit":
      return world.edited(round);
    case "noop":
      return world.again(round);
  }
}

function describe(ran: BuildRun, scenario: Scenario, round: number, options: TrialOptions): Trial {
  const { tool, project, profile, graph } = options;
  const { leaf, members } = project;
  const counts = countUnits(graph);
  const compiled = ran.calls.filter(({ kind }) => kind === "compile");
  const facts = {
    ...{ scenario, leaf, members },
    dependents: leaf === undefined ? [] : dependentsOf(leaf, graph),
    units: counts.compilations,
    linksUncached: tool.linksUncached,
    incremental: profile.incremental,
  };
  const objection = ran.failure === undefined ? objectionTo(ran.calls, facts) : `failed: ${ran.failure}`;
  return {
    project: project.name,
    profile: profile.name,
    scenario,
    tool: tool.name,
    round,
    seconds: Number(ran.seconds.toFixed(4)),
    ...counts,
    compiled: compiled.length,
    ...(scenario === "cold" ? {} : { compiledCrates: compiled.map(nameOf) }),
    scans: ran.calls.length - compiled.length,
    ...(objection === undefined ? {} : { objection }),
  };
}

function nameOf(call: CompilerCall): string {
  return `${call.package}/${call.crate}`;
}
