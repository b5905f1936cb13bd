// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Unpacks the published sources of a crate below `directory` and returns where. Cargo itself brings them: a throw-away
 * package depends on the crate, and `cargo fetch` leaves the archives of all of its locked dependencies in CARGO_HOME.
 */
export function unpackCrate(name: string, version: string, directory: string): string {
  const archive = `${name}-${version}.crate`;
  const throwAway = join(directory, "throw-away");
  mkdirSync(join(throwAway, "src"), { recursive: true });
  writeFileSync(join(throwAway, "src", "lib.rs"), "");
  writeFileSync(
    join(throwAway, "Cargo.toml"),
    `[package]\nname = "throw-away"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n${name} = "=${version}"\n`,
  );
  run("cargo", ["fetch", "--quiet"], throwAway);
  const cache = join(process.env["CARGO_HOME"] ?? join(homedir(), ".cargo"), "registry", "cache");
  const registry = readdirSync(cache).find((each) => existsSync(join(cache, each, archive)));
  if (registry === undefined) throw new Error(`cargo fetch brought no ${archive}`);
  run("tar", ["-xf", join(cache, registry, archive)], directory);
  const sources = join(directory, `${name}-${version}`);
  run("cargo", ["fetch", "--quiet", "--locked"], sources);
  return sources;
}

/** 64 MiB: the unit graph of 2,000 crates is 2 MB. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs a command to its end and returns its standard output; throws with what it complained of if it fails. */
export function run(program: string, args: readonly string[], cwd: string, env = process.env): string {
  const options = { cwd, env, encoding: "utf8", maxBuffer: MAX_OUTPUT_BYTES } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed (${status}):\n${stderr}`, { cause: error });
  }
  return stdout;
}
