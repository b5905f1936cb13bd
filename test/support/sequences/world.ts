// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { sleep } from "../process.ts";
import { cargoArguments, placeOptions, profileDirectory, type Situation } from "./cargo-call.ts";
import { Checkout } from "./checkout.ts";
import type { Facts } from "./facts.ts";
import { type Ground, restoreGround } from "./ground.ts";
import { expected } from "./model.ts";
import { callOptions, named, type Observation, observe, observeFreshness } from "./observe.ts";
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

/** What becomes of builds that are to be interrupted: that, nothing, or whole builds. */
export type Interruptions = "interrupted" | "left out" | "completed";

/** Two checkouts of the project, their target directories and a store, in the life of one sequence. */
export class World {
  readonly #ground: Ground;
  readonly #interruptions: Interruptions;
  #checkouts: Record<Settings["checkout"], Checkout>;
  #settings: Settings = FIRST_SETTINGS;

  constructor(ground: Ground, interruptions: Interruptions = "interrupted") {
    restoreGround(ground);
    this.#ground = ground;
    this.#interruptions = interruptions;
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
  async take({ changes, tool, command, afterwards }: Step): Promise<Observation> {
    await this.change(changes);
    const built = await observe(tool, command, this.#situation, this.#ground);
    await sleep(TICK_MS);
    if (afterwards !== "is fresh" || built.facts["exit status"] !== "0") return built;
    const plain = await observeFreshness(command, this.#situation, this.#ground);
    return {
      facts: { ...built.facts, ...plain.facts },
      stderr: `${built.stderr}--- plain cargo afterwards:\n${plain.stderr}`,
    };
  }

  /** What a build of the present state from nothing shows. */
  expected(command: Command): Facts {
    const situation = this.#situation;
    const places = {
      checkout: named(situation.checkout, this.#ground),
      profile: named(profileDirectory(situation), this.#ground),
    };
    return expected(this.#checkouts[this.#settings.checkout].variants, this.#settings, places, command);
  }

  /** What plain cargo makes of the present state in a target directory of its own. */
  async buildFromNothing(command: Command): Promise<Observation> {
    const target = this.#path("targets", "nothing");
    const settings = { ...this.#settings, target: "elsewhere" as const };
    const elsewhere = { ...this.#situation, settings, target };
    const { facts, stderr } = await observe("plain", command, elsewhere, this.#ground);
    rmSync(target, { recursive: true, force: true });
    const moved = (path: string) =>
      path.replace(named(target, this.#ground), named(this.#situation.target, this.#ground));
    return {
      facts: Object.fromEntries(Object.entries(facts).map(([fact, value]) => [fact, moved(value)])),
      stderr,
    };
  }

  get #situation(): Situation {
    const { checkout, target, cargoHome } = this.#settings;
    const targets = {
      own: this.#path(checkout, "ws", "target"),
      elsewhere: this.#path("targets", `of-${checkout}`),
      shared: this.#path("targets", "shared"),
    };
    return {
      settings: this.#settings,
      host: this.#ground.host,
      checkout: this.#path(checkout),
      target: targets[target],
      cargoHome: this.#path(cargoHome),
    };
  }

  async #apply(change: Change): Promise<void> {
    const { checkout: directory, target } = this.#situation;
    const checkout = this.#checkouts[this.#settings.checkout];
    const saved = this.#path("saved");
    const { sandbox, plain } = this.#ground;
    switch (change.do) {
      case "edit":
        return checkout.edit(directory, change.file, change.variant, change.time);
      case "touch":
        return checkout.touch(directory, change.file, change.time);
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
        return checkout.cloneAgain(directory);
      case "forget":
        if (!plain) await sandbox.cache(["rm", change.crate, "--yes"]);
        return;
      case "interrupt":
        return this.#interrupt(change.signal, change.afterMs);
    }
  }

  async #clean(crate: string | undefined): Promise<void> {
    const one = crate === undefined ? [] : ["-p", crate];
    const options = callOptions(this.#ground, this.#situation);
    await this.#ground.sandbox.cargo(["clean", ...placeOptions(this.#situation), ...one], options);
  }

  async #interrupt(signal: NodeJS.Signals, afterMs: number): Promise<void> {
    await sleep(TICK_MS);
    if (this.#interruptions === "completed") {
      await observe("plain", "build", this.#situation, this.#ground);
    }
    if (this.#interruptions === "interrupted") {
      const options = callOptions(this.#ground, this.#situation);
      const build = this.#ground.sandbox.startGreen(cargoArguments("build", this.#situation), options);
      await Promise.race([build.ended, sleep(afterMs)]);
      if (build.child.exitCode === null && build.child.signalCode === null) process.kill(-build.pid, signal);
      await build.ended;
    }
    await sleep(TICK_MS);
  }

  /** Gives each checkout, with what was built in it, the other's path. */
  #swap(): void {
    const { one, two } = this.#checkouts;
    renameSync(this.#path("one"), this.#path("aside"));
    renameSync(this.#path("two"), this.#path("one"));
    renameSync(this.#path("aside"), this.#path("two"));
    this.#checkouts = { one: two, two: one };
  }

  #path(...parts: string[]): string {
    return this.#ground.sandbox.path(...parts);
  }
}

/** Makes `to` what `from` is, times and hard links included, as a CI system's cache does. */
function copy(from: string, to: string): void {
  if (!existsSync(from)) return;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  execFileSync("cp", ["-a", from, to]);
}
