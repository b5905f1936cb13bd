// SPDX-License-Identifier: MIT OR Apache-2.0
// Rounds of builds: in each, every scenario is measured with all tools in turn before the next scenario begins.
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { CountingRustc } from "./counting.ts";
import type { PreparedProject } from "./projects.ts";
import { PROFILES, type ProfileName, ROUND_ORDER, type Scenario } from "./scenarios.ts";
import { TOOLS, type Tool, type ToolName } from "./tools.ts";
import { measure, sameTrial, type Trial, type TrialId } from "./trial.ts";
import { readUnitGraph } from "./units.ts";
import { World } from "./world.ts";

/** Where builds take place. */
export interface Site {
  /** Everything that is built lies below it. */
  readonly directory: string;
  /** For sockets, whose paths must be short. */
  readonly runtime: string;
  readonly env: Readonly<Record<string, string>>;
  readonly counting: CountingRustc;
  /** Path of a tool's executable. */
  program(tool: ToolName): string;
}

export interface BuildsOptions {
  readonly project: PreparedProject;
  readonly profile: ProfileName;
  readonly tools: readonly ToolName[];
  readonly scenarios: readonly Scenario[];
  readonly trials: number;
  /** Measured already: not again. */
  readonly known: readonly TrialId[];
  /** Called after each trial. */
  readonly save: (trial: Trial) => void;
  readonly say: (line: string) => void;
}

/** Measures one project in one profile, and removes what it built. */
export function measureBuilds(options: BuildsOptions, site: Site): void {
  const { project, scenarios, trials } = options;
  const place = join(site.directory, `${project.name}-${options.profile}`);
  const worlds = new Worlds(options, site, place);
  try {
    for (let round = 1; round <= trials; round++) {
      for (const scenario of ROUND_ORDER.filter((each) => scenarios.includes(each))) {
        if (scenario === "cold" && round > 1 && !project.coldEveryRound) continue;
        if (scenario === "bump" && project.bumpedLocks[round - 1] === undefined) continue;
        for (const tool of rotate(options.tools, round - 1)) worlds.measure(scenario, round, TOOLS[tool]);
      }
      worlds.endRound(round);
    }
  } finally {
    worlds.stop();
    rmSync(place, { recursive: true, force: true });
  }
}

/** The same, beginning elsewhere: who comes first has another machine than who comes last. */
export function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

class Worlds {
  readonly #options: BuildsOptions;
  readonly #site: Site;
  readonly #place: string;
  readonly #worlds = new Map<ToolName, World>();
  /** Tools that cannot build the project. */
  readonly #broken = new Set<ToolName>();
  readonly #graph;

  constructor(options: BuildsOptions, site: Site, place: string) {
    this.#options = options;
    this.#site = site;
    this.#place = place;
    this.#graph = readUnitGraph(options.project.source, PROFILES[options.profile], site.env);
  }

  measure(scenario: Scenario, round: number, tool: Tool): void {
    const { project, profile, known, save, say } = this.#options;
    const id = { project: project.name, profile, scenario, tool: tool.name, round };
    if (!tool.scenarios.includes(scenario) || known.some((each) => sameTrial(each, id))) return;
    if (this.#broken.has(tool.name)) return;
    const world = this.#worldOf(tool);
    if (scenario !== "cold" && !world.isFilled) {
      say(`${project.name} ${profile}: filling the cache of ${tool.title}`);
      const { failure } = world.cold();
      if (failure !== undefined) {
        this.#broken.add(tool.name);
        say(`${tool.title} cannot build it: ${failure}`);
        return;
      }
    }
    const trial = measure(scenario, round, {
      ...{ world, tool, project, graph: this.#graph },
      profile: PROFILES[profile],
    });
    if (!world.isFilled) this.#broken.add(tool.name);
    save(trial);
    say(formatTrial(trial, tool));
  }

  endRound(round: number): void {
    for (const world of this.#worlds.values()) world.endRound(round);
  }

  stop(): void {
    for (const world of this.#worlds.values()) world.stop();
  }

  #worldOf(tool: Tool): World {
    const { project, profile, trials } = this.#options;
    const owner = TOOLS[tool.world ?? tool.name];
    const known = this.#worlds.get(owner.name);
    if (known !== undefined) return known;
    const setting = {
      tool: owner,
      project,
      profile: PROFILES[profile],
      directory: join(this.#place, owner.name),
      runtime: join(this.#site.runtime, owner.name),
      env: this.#site.env,
      program: this.#site.program(owner.name),
      counting: this.#site.counting,
    };
    const world = new World(setting, trials);
    this.#worlds.set(owner.name, world);
    return world;
  }
}

function formatTrial(trial: Trial, { title }: Tool): string {
  const { project, profile, scenario, round, seconds, compiled, objection } = trial;
  const what = `${project} ${profile} ${round} ${scenario.padEnd(9)}`;
  const note = objection === undefined ? "" : `  DOES NOT COUNT: ${objection}`;
  return `${what} ${title.padEnd(24)} ${seconds.toFixed(2).padStart(8)} s  ${compiled} compiled${note}`;
}
