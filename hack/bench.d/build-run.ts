// SPDX-License-Identifier: MIT OR Apache-2.0
// One tool's commands, in the environment that its documentation recommends.
import { readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../lib/crate-source.ts";
import type { CompilerCall, CountingRustc } from "./counting.ts";
import type { PreparedProject } from "./projects.ts";
import type { Profile } from "./scenarios.ts";
import { type TimedRun, timeCommands } from "./timed-run.ts";
import { fillIn, type Placeholders, type Tool } from "./tools.ts";

/** What was measured of one build. */
export interface BuildRun extends TimedRun {
  readonly calls: readonly CompilerCall[];
}

/** A tool that builds a project, and where. */
export interface BuildSetting {
  readonly tool: Tool;
  readonly project: PreparedProject;
  readonly profile: Profile;
  /** For this tool and project alone. */
  readonly directory: string;
  /** The same, with a short name. */
  readonly runtime: string;
  /** Paths of all checkouts that there may be. */
  readonly checkouts: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Executable of the tool; for cargo-green, nothing that matters. */
  readonly program: string;
  readonly counting: CountingRustc;
}

type Commands = readonly (readonly string[])[];

/** The tool's cache. */
export function cacheOf({ directory }: BuildSetting): string {
  return join(directory, "cache");
}

/** Builds a checkout, after other commands whose time counts too, and counts the compilers that ran. */
export function buildIn(checkout: string, setting: BuildSetting, before: Commands = []): BuildRun {
  const { tool, profile, counting, project, directory } = setting;
  const values = placeholders(checkout, setting);
  const command = [...tool.command, "build", ...profile.args].map((text) => fillIn(text, values));
  run("sync", [], checkout);
  counting.take(targetsBelow(directory));
  const timed = timeCommands([...before, command], {
    cwd: checkout,
    env: environment(checkout, setting),
    log: join(directory, "output.log"),
  });
  const calls = counting.take(targetsBelow(directory));
  const failure = timed.failure ?? tryOut(checkout, project.executable, setting);
  return { ...timed, calls, failure };
}

/** Runs what belongs to the tool and is not measured. */
export function runAside(commands: Commands, cwd: string, setting: BuildSetting): TimedRun {
  const values = placeholders(cwd, setting);
  const filled = commands.map((command) => command.map((text) => fillIn(text, values)));
  const log = join(setting.directory, "aside.log");
  return timeCommands(filled, { cwd, env: environment(cwd, setting), log });
}

/** A build that leaves nothing that runs is none. */
function tryOut(
  checkout: string,
  executable: string | undefined,
  { profile, env, directory }: BuildSetting,
): string | undefined {
  if (executable === undefined) return undefined;
  const path = join(checkout, "target", profile.directory, executable);
  return timeCommands([[path, "--version"]], { cwd: checkout, env, log: join(directory, "aside.log") })
    .failure;
}

function targetsBelow(directory: string): readonly string[] {
  return readdirSync(directory).map((name) => join(directory, name, "target"));
}

function environment(checkout: string, setting: BuildSetting): Readonly<Record<string, string>> {
  const { env, profile, tool, counting, directory } = setting;
  const values = placeholders(checkout, setting);
  const own = Object.entries(tool.env).map(([name, text]) => [name, fillIn(text, values)]);
  const xdg = ["CACHE", "CONFIG", "DATA", "STATE"].map((what) => [
    `XDG_${what}_HOME`,
    join(directory, `xdg-${what.toLowerCase()}`),
  ]);
  return {
    ...env,
    ...Object.fromEntries(xdg),
    RUSTC: counting.rustc,
    ...profile.env,
    ...Object.fromEntries(own),
  };
}

function placeholders(checkout: string, setting: BuildSetting): Placeholders {
  const { program, runtime } = setting;
  return {
    program,
    cache: cacheOf(setting),
    runtime,
    checkout,
    checkouts: setting.checkouts.join(delimiter),
  };
}
