// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { sleep } from "../process.ts";
import type { Build, CargoOptions } from "../sandbox.ts";
import { Checkout } from "./checkout.ts";
import type { Facts } from "./facts.ts";
import { type Ground, restoreGround } from "./ground.ts";
import { expected } from "./model.ts";
import { type Change, type Command, SETTINGS, type Settings, type Step } from "./steps.ts";
import { lose } from "./target.ts";

/**
 * The kernel's clock ticks coarsely. What is written after a build must be newer than it, and what is built after a
 * change must start later: else plain cargo does not notice it, and cargo-green makes no record.
 */
const TICK_MS = 20;

const FIRST_SETTINGS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, [first]]) => [name, first]),
) as Settings;

/** Not `Running`, which `cargo run` and `cargo test` say of programs. */
const NOT_FRESH = /^ +(?:Dirty|Compiling|Checking) (\S+)/gm;

/** What one build showed. */
export interface Observation {
  readonly facts: Facts;
  /** What cargo said, for people. */
  readonly stderr: string;
}

/** Two checkouts of the project, their target directories and a store, in the life of one sequence. */
export class World {
  readonly #ground: Ground;
  #checkouts: Record<Settings["checkout"], Checkout>;
  #settings: Settings = FIRST_SETTINGS;

  constructor(ground: Ground) {
    restoreGround(ground);
    this.#ground = ground;
    this.#checkouts = {
      one: new Checkout(this.#path("one"), ground.contents),
      two: new Checkout(this.#path("two"), ground.contents),
    };
  }

  async change(changes: readonly Change[]): Promise<void> {
    for (const change of changes) await this.#apply(change);
    await sleep(TICK_MS);
  }

  /** Makes the changes of a step and builds. */
  async take(step: Step): Promise<Observation> {
    await this.change(step.changes);
    const observation = await this.#build(step);
    await sleep(TICK_MS);
    return observation;
  }

  /** What a build of the present state from nothing shows. */
  expected(command: Command): Facts {
    const { checkout } = this.#settings;
    const places = {
      checkout: this.#named(this.#path(checkout)),
      target: this.#named(this.#target()),
    };
    return expected(this.#checkouts[checkout].variants, this.#settings, places, command);
  }

  /** What plain cargo makes of the present state in a target directory of its own. */
  async buildFromNothing(command: Command): Promise<Observation> {
    const target = this.#path("targets", "nothing");
    const observation = await this.#observe("plain", command, { CARGO_TARGET_DIR: target }, target);
    rmSync(target, { recursive: true, force: true });
    const facts = Object.entries(observation.facts).map(([fact, value]) => [
      fact,
      value.replace(this.#named(target), this.#named(this.#target())),
    ]);
    return { ...observation, facts: Object.fromEntries(facts) };
  }

  async #build({ tool, command, afterwards }: Step): Promise<Observation> {
    const observation = await this.#observe(tool, command, {}, this.#target());
    if (afterwards !== "is fresh" || observation.facts["exit status"] !== "0") return observation;
    const again = await this.#cargo("plain", this.#arguments(command, ["-v"]));
    const dirty = new Set([...again.stderr.matchAll(NOT_FRESH)].map(([, name]) => name));
    const done = [...dirty].sort().join(" ");
    const facts = again.status === 0 && done === "" ? {} : { afterwards: `${done} built again` };
    const stderr = `${observation.stderr}--- plain cargo afterwards:\n${again.stderr}`;
    return { facts: { ...observation.facts, ...facts }, stderr };
  }

  async #observe(
    tool: Step["tool"],
    command: Command,
    env: CargoOptions["env"],
    target: string,
  ): Promise<Observation> {
    const built = await this.#cargo(tool, this.#arguments(command), env);
    const facts: Record<string, string> = { "exit status": `${built.status}` };
    if (built.status === 0) {
      for (const [, name] of built.stderr.matchAll(/unused variable: `(\w+)`/g))
        facts[`warning ${name}`] = "said";
      for (const line of await this.#lines(command, built, target)) {
        const at = line.indexOf("=");
        facts[`line ${line.slice(0, at)}`] = this.#named(line.slice(at + 1)).replace(/\/build\/.*/, "");
      }
    }
    return { facts, stderr: built.stderr };
  }

  async #lines(command: Command, built: Build, target: string): Promise<readonly string[]> {
    if (command === "check") return [];
    if (command === "run") return built.stdout.trim().split("\n");
    if (command === "test") return [...built.stdout.matchAll(/^TEST (.*)$/gm)].map(([, line]) => line ?? "");
    const program = join(target, this.#settings.profile === "release" ? "release" : "debug", "app");
    const said = await this.#ground.sandbox.run([program], { in: this.#ground.sandbox.root });
    return said.trim().split("\n");
  }

  #arguments(command: Command, more: readonly string[] = []): string[] {
    const { features, profile } = this.#settings;
    const options = [
      ...(features === "" ? [] : ["--features", `app/${features}`]),
      ...(profile === "release" ? ["--release"] : []),
      ...more,
    ];
    if (command !== "test") return [command, ...options];
    return ["test", "-p", "alpha", "-p", "app", "--lib", "--bins", ...options, "--", "--nocapture"];
  }

  #cargo(tool: Step["tool"], args: readonly string[], env: CargoOptions["env"] = {}): Promise<Build> {
    const { sandbox, mode, plain, wrapper } = this.#ground;
    const options: CargoOptions = {
      in: this.#path(this.#settings.checkout, "ws"),
      expect: "any",
      env: { ...this.#environment(), ...env, ...mode.env },
      ...(mode.toolchain === undefined ? {} : { toolchain: mode.toolchain }),
    };
    if (plain || tool === "plain") return sandbox.cargo(args, options);
    if (tool === "green") return sandbox.green(args, options);
    return sandbox.cargo(args, { ...options, env: { ...options.env, RUSTC_WRAPPER: wrapper } });
  }

  #environment(): Record<string, string | undefined> {
    const { target, rustflags, incremental, cargoHome, GREEN_OPT, GREEN_WORD, GREEN_HIDDEN } = this.#settings;
    const set = (value: string) => (value === "" ? undefined : value);
    return {
      CARGO_TARGET_DIR: target === "own" ? undefined : this.#target(),
      RUSTFLAGS: set(rustflags),
      CARGO_INCREMENTAL: incremental,
      CARGO_HOME: this.#path(cargoHome),
      GREEN_OPT: set(GREEN_OPT),
      GREEN_WORD: set(GREEN_WORD),
      GREEN_HIDDEN: set(GREEN_HIDDEN),
    };
  }

  async #apply(change: Change): Promise<void> {
    const { checkout } = this.#settings;
    const directory = this.#path(checkout);
    const target = this.#target();
    const saved = this.#path("saved");
    switch (change.do) {
      case "edit":
        return this.#checkouts[checkout].edit(directory, change.file, change.variant, change.time);
      case "touch":
        return this.#checkouts[checkout].touch(directory, change.file, change.time);
      case "set":
        this.#settings = { ...this.#settings, [change.name]: change.to };
        return;
      case "clean":
        return this.#clean(change.crate);
      case "remove target":
        return rmSync(target, { recursive: true, force: true });
      case "lose":
        return lose(target, change.what, change.crate);
      case "save target":
        return copy(target, saved);
      case "restore target":
        return copy(saved, target);
      case "swap checkouts":
        return this.#swap();
      case "clone again":
        return this.#checkouts[checkout].cloneAgain(directory);
      case "forget":
        if (!this.#ground.plain) await this.#ground.sandbox.cache(["rm", change.crate, "--yes"]);
        return;
    }
  }

  async #clean(crate: string | undefined): Promise<void> {
    const release = this.#settings.profile === "release" ? ["--release"] : [];
    await this.#cargo("plain", ["clean", ...release, ...(crate === undefined ? [] : ["-p", crate])]);
  }

  /** Gives each checkout, with what was built in it, the other's path. */
  #swap(): void {
    const { one, two } = this.#checkouts;
    renameSync(this.#path("one"), this.#path("aside"));
    renameSync(this.#path("two"), this.#path("one"));
    renameSync(this.#path("aside"), this.#path("two"));
    this.#checkouts = { one: two, two: one };
  }

  #target(): string {
    const { target, checkout } = this.#settings;
    if (target === "own") return this.#path(checkout, "ws", "target");
    return this.#path("targets", target === "shared" ? "shared" : `of-${checkout}`);
  }

  #path(...parts: string[]): string {
    return this.#ground.sandbox.path(...parts);
  }

  #named(text: string): string {
    return text.replaceAll(this.#ground.sandbox.root, "@root");
  }
}

/** Makes `to` what `from` is, times and hard links included, as a CI system's cache does. */
function copy(from: string, to: string): void {
  if (!existsSync(from)) return;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  execFileSync("cp", ["-a", from, to]);
}
