// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/crate-source.ts";
import type { PreparedProject } from "./projects.ts";

/** Crates that depend on one crate. */
const FAN_OUT = 8;

/** Name of the workspace of so many crates. */
export function syntheticName(crates: number): string {
  return `synthetic-${crates}`;
}

/** A workspace of tiny library crates, a tree in which each but the first depends on one other. */
export function writeSynthetic(crates: number, directory: string): PreparedProject {
  const name = syntheticName(crates);
  const source = join(directory, name);
  const members = Array.from({ length: crates }, (_, at) => crateName(at));
  mkdirSync(source, { recursive: true });
  const list = members.map((member) => `    "${member}",\n`).join("");
  writeFileSync(join(source, "Cargo.toml"), `[workspace]\nresolver = "2"\nmembers = [\n${list}]\n`);
  for (const [at, member] of members.entries()) writeCrate(join(source, member), at);
  run("cargo", ["generate-lockfile", "--quiet", "--offline"], source);
  return {
    name,
    source,
    coldEveryRound: false,
    bumpedLocks: [],
    leaf: undefined,
    members,
    edited: join(crateName(crates - 1), "src/lib.rs"),
    executable: undefined,
  };
}

function writeCrate(directory: string, at: number): void {
  const parent = at === 0 ? undefined : crateName(Math.floor((at - 1) / FAN_OUT));
  const dependency = parent === undefined ? "" : `${parent} = { path = "../${parent}" }\n`;
  const call = parent === undefined ? "0" : `${parent}::depth() + 1`;
  mkdirSync(join(directory, "src"), { recursive: true });
  writeFileSync(
    join(directory, "Cargo.toml"),
    `[package]\nname = "${crateName(at)}"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n${dependency}`,
  );
  writeFileSync(join(directory, "src", "lib.rs"), `pub fn depth() -> u32 {\n    ${call}\n}\n`);
}

function crateName(at: number): string {
  return `unit_${String(at).padStart(4, "0")}`;
}
