// SPDX-License-Identifier: MIT OR Apache-2.0
// The parts of the benchmark: each measures, and keeps what it measured in its section of the results.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readAccess } from "../engine.d/access.ts";
import { runDirectory } from "../engine.d/directory.ts";
import { Running } from "../engine.d/running.ts";
import { run } from "../lib/crate-source.ts";
import { measureBucket } from "./bucket.ts";
import { BUCKET_TOOL_NAMES, BUCKET_TOOLS } from "./bucket-tools.ts";
import { measureBuilds, type Site } from "./builds.ts";
import { measureContainers } from "./containers.ts";
import { describeMachine } from "./machine.ts";
import type { BenchOptions, Part } from "./options.ts";
import { availableTools, isPeer } from "./peers.ts";
import { PROJECTS, type PreparedProject, type ProjectName, prepareProject } from "./projects.ts";
import { measureRemote } from "./remote.ts";
import { type Results, type TrialSection, type TrialSectionName, withTrial } from "./results.ts";
import { measureSandbox } from "./sandbox.ts";
import { PROFILES, type ProfileName, type Scenario } from "./scenarios.ts";
import { measureStartup } from "./startup.ts";
import { generateStore } from "./store.ts";
import { measureStoreCommands } from "./store-commands.ts";
import { writeSynthetic } from "./synthetic.ts";
import { TOOLS, type ToolName, USUAL_TOOLS } from "./tools.ts";

/** What the parts work with. */
export interface BenchContext {
  readonly options: BenchOptions;
  readonly site: Site;
  /** Path of bin/cargo-green. */
  readonly green: string;
  readonly results: () => Results;
  /** Replaces sections of the results, and writes the file. */
  readonly update: (changes: Partial<Results>) => void;
  readonly say: (line: string) => void;
  /** Projects that are on this disk already. */
  readonly prepared: Map<ProjectName, PreparedProject>;
}

const RECORDS = 100_000;
/** Added to each way of the road to a registry: none, and that of a continent. */
const LATENCIES_MS = [0, 20];
const SWEEP_TOOLS: readonly ToolName[] = ["copy", "green"];
const SANDBOX_TOOLS: readonly ToolName[] = ["green", "green-unsandboxed"];
/** Of a comparison of two cold builds: fewer say nothing. */
const SANDBOX_ROUNDS = 3;

export const SECTIONS: Readonly<Record<Part, (context: BenchContext) => Promise<void>>> = {
  async builds(context) {
    const { options, site } = context;
    const tools = availableTools(options.tools ?? USUAL_TOOLS, site.env);
    begin("builds", tools, context);
    for (const name of options.projects) {
      const project = prepare(name, context);
      for (const profile of options.profiles) {
        rounds("builds", { project, profile, tools, scenarios: options.scenarios }, options.trials, context);
      }
    }
  },

  async sweep(context) {
    const { options, site } = context;
    const tools = availableTools(options.tools ?? SWEEP_TOOLS, site.env);
    begin("sweep", tools, context);
    for (const size of options.sizes) {
      const project = writeSynthetic(size, sourcesOf(site));
      const what = { project, profile: "debug", tools, scenarios: ["elsewhere"] } as const;
      rounds("sweep", what, options.trials, context);
    }
  },

  async sandbox(context) {
    const { options, results, update } = context;
    const made = begin("sandbox", SANDBOX_TOOLS, context);
    const costs = measureSandbox({ shim: installShim(context) });
    update({ sandbox: { trials: results().sandbox?.trials ?? [], made, costs } });
    const project = { ...prepare("ripgrep", context), coldEveryRound: true };
    const what = { project, profile: "release", tools: SANDBOX_TOOLS, scenarios: ["cold"] } as const;
    rounds("sandbox", what, Math.max(SANDBOX_ROUNDS, options.trials), context);
  },

  async startup(context) {
    const { green, site, update } = context;
    const more = [{ name: "cargo-green --version", command: [green, "--version"] as const, env: site.env }];
    const measured = await measureStartup({ shim: installShim(context), more });
    update({ startup: { made: describe([], context), measured } });
  },

  async store(context) {
    const { green, site, update } = context;
    const directory = join(site.directory, "store");
    generateStore(directory, RECORDS);
    const commands = measureStoreCommands(green, directory);
    update({ store: { made: describe([], context), records: RECORDS, commands } });
  },

  async remote(context) {
    const { options, site, update, say } = context;
    const [name = "ripgrep"] = options.projects;
    const project = prepare(name, context);
    const common = { project, latencies: LATENCIES_MS, trials: options.trials, say };
    const wanted = availableTools(options.tools ?? USUAL_TOOLS, site.env);
    const directory = join(site.directory, "remote");
    const times = await measureRemote({ ...common, directory, env: site.env });
    const made = describe(wanted.filter(isPeer), context);
    update({ remote: { made, project: name, times } });
    const tools = BUCKET_TOOL_NAMES.filter((each) => wanted.includes(BUCKET_TOOLS[each].tool.name));
    if (tools.length < 2) return; // nothing to compare
    const bucket = await measureBucket({ ...common, tools }, site);
    update({ remote: { made, project: name, times, bucket } });
  },

  async buildkit(context) {
    const { options, site, results, update, say } = context;
    const engines = readAccess(new Running(runDirectory(process.env)));
    if (engines === undefined) throw new Error("no engine runs: hack/engine up");
    const [name = "ripgrep"] = options.projects;
    const [profile = "release"] = options.profiles;
    const earlier = options.resume ? results().buildkit?.times : undefined;
    const section = { made: describe([], context), project: `${name} ${profile}` };
    update({ buildkit: { ...section, times: earlier ?? [] } });
    await measureContainers({
      project: prepare(name, context),
      profile: PROFILES[profile],
      directory: join(site.directory, "containers"),
      env: site.env,
      engines,
      save: (time) =>
        update({ buildkit: { ...section, times: [...(results().buildkit?.times ?? []), time] } }),
      ...{ runners: options.runners, trials: options.trials, say },
    });
  },
};

interface RoundsOf {
  readonly project: PreparedProject;
  readonly profile: ProfileName;
  readonly tools: readonly ToolName[];
  readonly scenarios: readonly Scenario[];
}

/** Writes down with what the section is measured; its trials are kept only to go on from. */
function begin(section: TrialSectionName, tools: readonly ToolName[], context: BenchContext) {
  const { options, results, update } = context;
  const earlier = options.resume ? results()[section] : undefined;
  const now = describe(tools, context);
  const made = { ...now, versions: { ...earlier?.made.versions, ...now.versions } };
  const trials = earlier?.trials ?? [];
  const settings = Object.fromEntries(tools.map((name) => [name, TOOLS[name].env]));
  update({
    settings: { ...results().settings, ...settings },
    ...replaced(section, { made, trials }, context),
  });
  return made;
}

function rounds(section: TrialSectionName, what: RoundsOf, trials: number, context: BenchContext): void {
  const { site, results, update, say } = context;
  const known = results()[section]?.trials ?? [];
  const save: Parameters<typeof measureBuilds>[0]["save"] = (trial) => {
    const current = results()[section];
    if (current === undefined) return;
    update(replaced(section, { ...current, trials: withTrial(current.trials, trial) }, context));
  };
  measureBuilds({ ...what, trials, known, save, say }, site);
}

function replaced(
  section: TrialSectionName,
  value: TrialSection,
  { results }: BenchContext,
): Partial<Results> {
  if (section === "sandbox") return { sandbox: { costs: results().sandbox?.costs ?? [], ...value } };
  return { [section]: value };
}

function describe(tools: readonly ToolName[], { green, site }: BenchContext) {
  return describeMachine(tools, green, site.directory, site.env);
}

function prepare(name: ProjectName, { site, say, prepared }: BenchContext): PreparedProject {
  const known = prepared.get(name);
  if (known !== undefined) return known;
  say(`${name} ${PROJECTS[name].version}: sources and dependencies, brought by cargo`);
  const project = prepareProject(PROJECTS[name], sourcesOf(site));
  prepared.set(name, project);
  return project;
}

function sourcesOf(site: Site): string {
  const directory = join(site.directory, "sources");
  mkdirSync(directory, { recursive: true });
  return directory;
}

function installShim({ green, site }: BenchContext): string {
  const env = { ...site.env, CARGOGREEN_CACHE_DIR: join(site.directory, "shim") };
  return run(green, ["env", "RUSTC_WRAPPER"], site.directory, env).trim();
}
