// SPDX-License-Identifier: MIT OR Apache-2.0
// One tool building one project: its cache, its servers and its checkouts, apart from everybody else's.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { run } from "../lib/crate-source.ts";
import { type BuildRun, type BuildSetting, buildIn, cacheOf, runAside } from "./build-run.ts";

/** The first checkout: it fills the cache. */
const HOME = "first";
/** What a finished build left, kept apart for the tool that only copies it. */
const FINISHED = "finished";

export class World {
  readonly #setting: BuildSetting;
  #filled = false;
  #started = false;

  /** Makes the directories that are for it alone. */
  constructor(setting: Omit<BuildSetting, "checkouts">, rounds: number) {
    const names = Array.from({ length: rounds }, (_, at) => [`other-${at + 1}`, `bumped-${at + 1}`]);
    const checkouts = [HOME, ...names.flat()].map((name) => join(setting.directory, name));
    this.#setting = { ...setting, checkouts };
    mkdirSync(setting.directory, { recursive: true });
    mkdirSync(setting.runtime, { recursive: true, mode: 0o700 });
    writeFileSync(join(setting.runtime, "empty.toml"), "");
  }

  /** Builds with an empty cache; all others build with what this leaves. */
  cold(): BuildRun {
    this.stop();
    rmSync(cacheOf(this.#setting), { recursive: true, force: true });
    mkdirSync(cacheOf(this.#setting), { recursive: true });
    const home = this.#path(HOME);
    this.#checkOut(HOME);
    this.#started = true;
    const started = runAside(this.#setting.tool.start, home, this.#setting);
    if (started.failure !== undefined) return { ...started, calls: [] };
    const built = this.#build(home);
    this.#filled = built.failure === undefined;
    if (this.#filled && this.#setting.tool.name === "cargo") this.#keepFinished();
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
    const { bumpedLocks } = this.#setting.project;
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
    const file = join(checkout, this.#setting.project.edited);
    const before = { text: readFileSync(file), times: statSync(file) };
    appendFileSync(file, `\n#[allow(dead_code)]\nconst EDITED_BY_THE_BENCHMARK: u32 = ${round};\n`);
    const built = this.#build(checkout);
    // As if nothing had been: a finished target directory that is copied back was built from this.
    writeFileSync(file, before.text);
    utimesSync(file, before.times.atime, before.times.mtime);
    // A package whose build script declares nothing is rebuilt for that: not in the next round's no-op.
    if (checkout === this.#path(HOME)) this.#build(checkout);
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
    runAside(this.#setting.tool.stop, this.#setting.directory, this.#setting);
  }

  #build(checkout: string, before?: readonly (readonly string[])[]): BuildRun {
    return buildIn(checkout, this.#setting, before);
  }

  #path(name: string): string {
    return join(this.#setting.directory, name);
  }

  /** Where `elsewhere` was built in this round; a tool without a cache has just the first checkout. */
  #built(round: number): string {
    const other = this.#path(`other-${round}`);
    if (!this.#setting.tool.scenarios.includes("elsewhere")) return this.#path(HOME);
    if (!existsSync(other)) this.elsewhere(round);
    return other;
  }

  /** Files are as new as a clone's. */
  #checkOut(name: string): string {
    const path = this.#path(name);
    rmSync(path, { recursive: true, force: true });
    cpSync(this.#setting.project.source, path, { recursive: true });
    return path;
  }

  #keepFinished(): void {
    const finished = this.#path(FINISHED);
    rmSync(finished, { recursive: true, force: true });
    run("cp", ["-a", "--reflink=auto", join(this.#path(HOME), "target"), finished], this.#setting.directory);
  }

  /** Links share what Cargo writes in place, so a real clone is better where there is one. */
  #cheapCopy(): readonly string[] {
    const probe = this.#path("reflink");
    writeFileSync(probe, "x");
    const attempt = ["cp", "--reflink=always", probe, `${probe}-2`];
    const { failure } = runAside([attempt], this.#setting.directory, this.#setting);
    return failure === undefined ? ["-a", "--reflink=always"] : ["-al"];
  }
}
