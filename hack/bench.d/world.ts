// SPDX-License-Identifier: MIT OR Apache-2.0
// One tool building one project: its cache, its servers and its checkouts, apart from everybody else's.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
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

export interface WorldOptions {
  readonly tool: Tool;
  readonly project: PreparedProject;
  readonly profile: Profile;
  /** For this world alone; made. */
  readonly directory: string;
  /** For this world alone, with a short name; made. */
  readonly runtime: string;
  /** Rounds that there may be. */
  readonly rounds: number;
  readonly env: Readonly<Record<string, string>>;
  /** Executable of the tool; for cargo-green, nothing that matters. */
  readonly program: string;
  readonly counting: CountingRustc;
}

/** The first checkout: it fills the cache. */
const HOME = "first";
/** What a finished build left, kept apart for the tool that only copies it. */
const FINISHED = "finished";

export class World {
  readonly #options: WorldOptions;
  #filled = false;
  #started = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true });
    mkdirSync(options.runtime, { recursive: true, mode: 0o700 });
    writeFileSync(join(options.runtime, "empty.toml"), "");
  }

  /** Builds with an empty cache; all others build with what this leaves. */
  cold(): BuildRun {
    this.stop();
    rmSync(this.#cache, { recursive: true, force: true });
    mkdirSync(this.#cache, { recursive: true });
    const home = this.#path(HOME);
    this.#checkOut(HOME);
    this.#started = true;
    const started = this.#do(this.#options.tool.start, home);
    if (started.failure !== undefined) return { ...started, calls: [] };
    const built = this.#build(home);
    this.#filled = built.failure === undefined;
    if (this.#filled && this.#options.tool.name === "cargo") this.#keepFinished();
    return built;
  }

  /** True if there is something to build upon. */
  get isFilled(): boolean {
    return this.#filled;
  }

  /** In a checkout that is new in this round. */
  elsewhere(round: number): BuildRun {
    return this.#build(this.#checkOut(`other-${round}`));
  }

  /** In the first checkout, without its target directory. */
  cleaned(): BuildRun {
    const home = this.#path(HOME);
    rmSync(join(home, "target"), { recursive: true, force: true });
    return this.#build(home);
  }

  /** In a new checkout with another lockfile. */
  bumped(round: number): BuildRun {
    const { bumpedLocks } = this.#options.project;
    const lock = bumpedLocks[round - 1];
    if (lock === undefined) throw new Error(`There are ${bumpedLocks.length} versions to bump to`);
    const checkout = this.#checkOut(`bumped-${round}`);
    writeFileSync(join(checkout, "Cargo.lock"), lock);
    return this.#build(checkout);
  }

  /** Once more where it was built last. */
  again(round: number): BuildRun {
    return this.#build(this.#built(round));
  }

  /** After an edit that no other round makes. */
  edited(round: number): BuildRun {
    const checkout = this.#built(round);
    const file = join(checkout, this.#options.project.edited);
    const before = { text: readFileSync(file), times: statSync(file) };
    appendFileSync(file, `\n#[allow(dead_code)]\nconst EDITED_BY_THE_BENCHMARK: u32 = ${round};\n`);
    const built = this.#build(checkout);
    // As if nothing had been: a finished target directory that is copied back was built from this.
    writeFileSync(file, before.text);
    utimesSync(file, before.times.atime, before.times.mtime);
    return built;
  }

  /**
   * Copies the finished target directory back, as links where the file system has no cheap copies, and builds. It is
   * always the first checkout: elsewhere, Cargo would rebuild the workspace's own packages, whose paths are other.
   */
  copied(): BuildRun {
    const home = this.#path(HOME);
    const target = join(home, "target");
    const aside = this.#path("aside");
    run("mv", [target, aside], home);
    const built = this.#build(home, [["cp", ...this.#cheapCopy(), this.#path(FINISHED), target]]);
    rmSync(target, { recursive: true, force: true });
    run("mv", [aside, target], home);
    return built;
  }

  /** Removes the checkouts of a round. */
  endRound(round: number): void {
    for (const name of [`other-${round}`, `bumped-${round}`]) {
      rmSync(this.#path(name), { recursive: true, force: true });
    }
  }

  /** Ends its servers, if it has any. */
  stop(): void {
    this.#filled = false;
    if (!this.#started) return;
    this.#started = false;
    this.#do(this.#options.tool.stop, this.#options.directory);
  }

  get #cache(): string {
    return this.#path("cache");
  }

  #path(name: string): string {
    return join(this.#options.directory, name);
  }

  /** Where `elsewhere` was built in this round; a tool without a cache has just the first checkout. */
  #built(round: number): string {
    const other = this.#path(`other-${round}`);
    if (!this.#options.tool.scenarios.includes("elsewhere")) return this.#path(HOME);
    if (!existsSync(other)) this.elsewhere(round);
    return other;
  }

  /** Files are as new as a clone's. */
  #checkOut(name: string): string {
    const path = this.#path(name);
    rmSync(path, { recursive: true, force: true });
    cpSync(this.#options.project.source, path, { recursive: true });
    return path;
  }

  #build(checkout: string, before: readonly (readonly string[])[] = []): BuildRun {
    const { tool, profile, counting, project } = this.#options;
    const values = this.#placeholders(checkout);
    const command = [...tool.command, "build", ...profile.args].map((text) => fillIn(text, values));
    run("sync", [], checkout);
    counting.take(this.#targets());
    const log = this.#path("output.log");
    const timed = timeCommands([...before, command], { cwd: checkout, env: this.#env(checkout), log });
    const calls = counting.take(this.#targets());
    const failure = timed.failure ?? this.#tryOut(checkout, project.executable);
    return { ...timed, calls, failure };
  }

  /** A build that leaves nothing that runs is none. */
  #tryOut(checkout: string, executable: string | undefined): string | undefined {
    if (executable === undefined) return undefined;
    const path = join(checkout, "target", this.#options.profile.directory, executable);
    const tried = timeCommands([[path, "--version"]], {
      cwd: checkout,
      env: this.#options.env,
      log: this.#path("tried.log"),
    });
    return tried.failure;
  }

  #keepFinished(): void {
    const finished = this.#path(FINISHED);
    rmSync(finished, { recursive: true, force: true });
    run("cp", ["-a", "--reflink=auto", join(this.#path(HOME), "target"), finished], this.#options.directory);
  }

  /** Links share what Cargo writes in place, so a real clone is better where there is one. */
  #cheapCopy(): readonly string[] {
    const probe = this.#path("reflink");
    writeFileSync(probe, "x");
    const { failure } = timeCommands([["cp", "--reflink=always", probe, `${probe}-2`]], {
      cwd: this.#options.directory,
      env: this.#options.env,
      log: this.#path("tried.log"),
    });
    return failure === undefined ? ["-a", "--reflink=always"] : ["-al"];
  }

  #targets(): readonly string[] {
    const { directory } = this.#options;
    return readdirSync(directory).map((name) => join(directory, name, "target"));
  }

  /** Runs what belongs to the tool and is not measured. */
  #do(commands: readonly (readonly string[])[], cwd: string): TimedRun {
    const values = this.#placeholders(cwd);
    const filled = commands.map((command) => command.map((text) => fillIn(text, values)));
    return timeCommands(filled, { cwd, env: this.#env(cwd), log: this.#path("server.log") });
  }

  #env(checkout: string): Readonly<Record<string, string>> {
    const { env, profile, tool, counting } = this.#options;
    const values = this.#placeholders(checkout);
    const own = Object.entries(tool.env).map(([name, text]) => [name, fillIn(text, values)]);
    const xdg = ["CACHE", "CONFIG", "DATA", "STATE"].map((what) => [
      `XDG_${what}_HOME`,
      this.#path(`xdg-${what.toLowerCase()}`),
    ]);
    return {
      ...env,
      ...Object.fromEntries(xdg),
      RUSTC: counting.rustc,
      ...profile.env,
      ...Object.fromEntries(own),
    };
  }

  #placeholders(checkout: string): Placeholders {
    const { program, runtime, rounds } = this.#options;
    const names = Array.from({ length: rounds }, (_, at) => [`other-${at + 1}`, `bumped-${at + 1}`]);
    const checkouts = [HOME, ...names.flat()].map((name) => this.#path(name)).join(delimiter);
    return { program, cache: this.#cache, runtime, checkout, checkouts };
  }
}
