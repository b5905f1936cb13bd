// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { configFilePlaces } from "../../cargo/config-files.ts";
import { type CargoInvocation, optionValue, optionValues } from "../../cargo/invocation.ts";
import { cargoHomeOf } from "../../config/places.ts";
import { keysOf, type TomlKey, wordsIn } from "./toml-keys.ts";

/** Cargo's own configuration for one command line, as far as it is in files and `--config`. */
export interface CargoConfig {
  /** All files that are read if they are there, included ones too. */
  readonly places: readonly string[];
  /** True if any of them, or a `--config`, has this table or key. */
  has(...path: string[]): boolean;
  /** The values of a key, strongest first, as they are written. */
  values(...path: string[]): readonly string[];
}

/** The directory that Cargo works in: `cwd`, or what `-C` says. */
export function cargoDirectory({ args }: CargoInvocation, cwd: string): string {
  return resolve(cwd, optionValue(args, "-C") ?? ".");
}

/** Finds what configures Cargo here. What cannot be read or understood is left out: Cargo is the one to complain. */
export function readCargoConfig(
  invocation: CargoInvocation,
  cwd: string,
  env: NodeJS.ProcessEnv,
): CargoConfig {
  const directory = cargoDirectory(invocation, cwd);
  const given = optionValues(invocation.args, "--config");
  // As Cargo has it: what is the path of something is a file.
  const isFile = (value: string) => value !== "" && existsSync(resolve(directory, value));
  const places = new Set([
    ...given.filter(isFile).map((value) => resolve(directory, value)),
    ...configFilePlaces(directory, cargoHomeOf(env, cwd)),
  ]);
  const keys: TomlKey[] = given.filter((value) => !isFile(value)).flatMap(keysOf);
  for (const place of places) {
    const found = keysOf(readText(place) ?? "");
    keys.push(...found);
    for (const { path, value } of found) {
      if (path[0] !== "include") continue;
      // Cargo includes nothing that is called otherwise. What is added is read by this very loop.
      const included = wordsIn(value).filter((word) => word.endsWith(".toml"));
      for (const each of included) places.add(resolve(dirname(place), each));
    }
  }
  const isBelow = (key: TomlKey, path: readonly string[]) => path.every((part, at) => key.path[at] === part);
  return {
    places: [...places],
    has: (...path) => keys.some((key) => isBelow(key, path)),
    values: (...path) =>
      keys.filter((key) => key.path.length === path.length && isBelow(key, path)).map(({ value }) => value),
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
