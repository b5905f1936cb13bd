// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { configFilePlaces } from "../../cargo/config-files.ts";
import { type CargoInvocation, optionValue, optionValues } from "../../cargo/invocation.ts";
import { scanToml } from "../../config/toml-scan.ts";

/** Cargo's own configuration for one command line, as far as it is in files and `--config`. */
export interface CargoConfig {
  /** All files that are read if they are there, included ones too. */
  readonly places: readonly string[];
  /** True if any of them, or a `--config`, has this table or key. */
  has(...path: string[]): boolean;
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
  const home = env["CARGO_HOME"] || (env["HOME"] && join(env["HOME"], ".cargo")) || undefined;
  const given = optionValues(invocation.args, "--config");
  // As Cargo has it: what is the path of something is a file.
  const isFile = (value: string) => value !== "" && existsSync(resolve(directory, value));
  const places = new Set([
    ...given.filter(isFile).map((value) => resolve(directory, value)),
    ...configFilePlaces(directory, home && resolve(cwd, home)),
  ]);
  const keys: (readonly string[])[] = given
    .filter((value) => !isFile(value))
    .flatMap((value) => scanToml(value).map(({ path }) => path));
  for (const place of places) {
    const text = readText(place);
    if (text === undefined) continue;
    for (const { path, kind, valueStart, end } of scanToml(text)) {
      keys.push(path);
      if (path[0] !== "include" || kind === "table" || kind === "array-table") continue;
      for (const included of tomlPathsIn(text.slice(valueStart, end))) {
        places.add(resolve(dirname(place), included)); // and is read by this very loop
      }
    }
  }
  return {
    places: [...places],
    has: (...path) => keys.some((key) => path.every((part, at) => key[at] === part)),
  };
}

/** Cargo includes nothing that is called otherwise. */
function tomlPathsIn(value: string): readonly string[] {
  return [...value.matchAll(/"([^"\\]*\.toml)"|'([^']*\.toml)'/g)].flatMap(([, a, b]) => a ?? b ?? []);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
