// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { Command, Settings } from "./steps.ts";

/** All that a call of cargo depends on, besides files. */
export interface Situation {
  readonly settings: Settings;
  /** The triple that rustc compiles for. */
  readonly host: string;
  /** The checkout's directory. */
  readonly checkout: string;
  readonly target: string;
  readonly cargoHome: string;
}

/** The settings that `cargo clean` has to be told too. */
export function placeOptions({ settings: { profile, triple }, host }: Situation): string[] {
  return [...(profile === "release" ? ["--release"] : []), ...(triple === "host" ? ["--target", host] : [])];
}

/** Where the program is that a build makes. */
export function profileDirectory({ settings: { profile, triple }, host, target }: Situation): string {
  return join(target, triple === "host" ? host : "", profile === "release" ? "release" : "debug");
}

/** What follows after `cargo` and `cargo green`. */
export function cargoArguments(
  command: Command,
  situation: Situation,
  more: readonly string[] = [],
): string[] {
  const options = [...placeOptions(situation), ...more];
  if (command === "part") return ["build", "-p", "beta", ...options];
  const { features } = situation.settings;
  if (features !== "") options.push("--features", `app/${features}`);
  if (command !== "test") return [command, ...options];
  return ["test", "-p", "alpha", "-p", "app", "--lib", "--bins", ...options, "--", "--nocapture"];
}

export function cargoEnvironment({
  settings,
  target,
  cargoHome,
}: Situation): Record<string, string | undefined> {
  const set = (value: string) => (value === "" ? undefined : value);
  return {
    CARGO_TARGET_DIR: settings.target === "own" ? undefined : target,
    RUSTFLAGS: set(settings.rustflags),
    CARGO_INCREMENTAL: settings.incremental,
    CARGO_HOME: cargoHome,
    GREEN_OPT: set(settings.GREEN_OPT),
    GREEN_WORD: set(settings.GREEN_WORD),
    GREEN_HIDDEN: set(settings.GREEN_HIDDEN),
  };
}
