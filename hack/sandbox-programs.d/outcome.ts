// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { run } from "../lib/crate-source.ts";
import type { Program } from "./programs.ts";
import { settingNamedIn } from "./setting.ts";

/** How a program fared. */
export type Outcome = Trial &
  (
    | { readonly kind: "builds" }
    /** It failed, and its message named the settings, `CARGOGREEN_WITH_NETWORK=name`, with which it then built. */
    | { readonly kind: "builds with"; readonly settings: readonly string[]; readonly message: string }
    | { readonly kind: "fails"; readonly stderr: string }
  );

interface Trial {
  readonly seconds: number;
  /** Units in the cache afterwards, which was empty before. */
  readonly units: number;
  /** Those of them that were made without a sandbox. */
  readonly unsandboxed: readonly string[];
}

interface Places {
  /** Path of bin/cargo-green. */
  readonly green: string;
  /** Need not exist; for cache and installed programs. */
  readonly directory: string;
}

/** More settings than this, one after the other, are no help to anyone. */
const MAX_SETTINGS = 3;

/** Installs a program with an empty cache under `enforce`, and as long as it fails, with what its message names. */
export function tryProgram(program: Program, { green, directory }: Places): Outcome {
  const begun = performance.now();
  mkdirSync(directory, { recursive: true });
  const env = environment(directory);
  const settings: string[] = [];
  let message = "";
  for (;;) {
    const stderr = install(program, green, directory, { ...env, ...asVariables(settings) });
    const trial = () => ({ ...look(green, directory, env), seconds: (performance.now() - begun) / 1000 });
    if (stderr === undefined) {
      prove(program, directory);
      return settings.length === 0
        ? { kind: "builds", ...trial() }
        : { kind: "builds with", settings, message, ...trial() };
    }
    const named = settingNamedIn(stderr);
    if (named === undefined || settings.includes(named.setting) || settings.length === MAX_SETTINGS) {
      return { kind: "fails", stderr, ...trial() };
    }
    settings.push(named.setting);
    message = named.message;
  }
}

/** Variables that would change what is tried: ours, and those that say what and how Cargo builds. */
const MEDDLING =
  /^(?:CARGOGREEN_|RUSTC|RUSTFLAGS$|CARGO_(?:BUILD|ENCODED|INCREMENTAL|INSTALL|PROFILE|TARGET))/;

/** The developer's variables, but for those that meddle, and no more allowed than the defaults do. */
function environment(directory: string): Readonly<Record<string, string | undefined>> {
  const entries = Object.entries(process.env).filter(([name]) => !MEDDLING.test(name));
  return {
    ...Object.fromEntries(entries),
    CARGOGREEN_CACHE_DIR: join(directory, "cache"),
    CARGOGREEN_SANDBOX: "enforce",
    // Empty lists (nothing at all would count as unset), lest the developer's green.toml allow anything.
    CARGOGREEN_WITH_NETWORK: ",",
    CARGOGREEN_SET_ENVS: ",",
  };
}

function asVariables(settings: readonly string[]): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const setting of settings) {
    const [name = "", value = ""] = setting.split("=");
    const before = variables.get(name);
    variables.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(variables);
}

/** What it wrote to stderr if it failed. The dev profile: what is tried is the building, not the optimizer. */
function install(
  { name, version, args }: Program,
  green: string,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const command = ["install", name, "--version", `=${version}`, "--locked", "--debug", "--root", directory];
  const { status, stderr } = spawnSync(green, [...command, ...args], {
    cwd: directory,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28, // 256 MiB: of warnings
  });
  return status === 0 ? undefined : stderr;
}

function prove({ proof }: Program, directory: string): void {
  const [name, ...args] = proof.command;
  const printed = run(join(directory, "bin", name), args, directory);
  if (!printed.includes(proof.prints)) throw new Error(`${name} ${args.join(" ")} printed ${printed}`);
}

function look(
  green: string,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Omit<Trial, "seconds"> {
  const list = (...flags: readonly string[]) => {
    const listing = JSON.parse(run(green, ["cache", "ls", "--json", ...flags], directory, env)) as {
      readonly units: readonly { readonly crate: string; readonly version: string; readonly kind: string }[];
    };
    return listing.units;
  };
  const unsandboxed = list("--unsandboxed").map(
    ({ crate, version, kind }) => `${crate} ${version} (${kind})`,
  );
  return { units: list().length, unsandboxed };
}
