// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.ts";
import { unpackDebian } from "./debian.ts";
import { buildGo, missingGo } from "./go.ts";
import type { Catalogue, Program, Source } from "./program.ts";
import { findExecutable, programDirectory } from "./program-directory.ts";

export interface InstallOptions {
  /** Below which each program has a directory. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Is told of each program, in a line. */
  readonly say: (line: string) => void;
}

/**
 * Installs programs that are not there yet, one after the other, and says how long each took.
 * Returns those that could not be.
 */
export async function installPrograms<Name extends string>(
  catalogue: Catalogue<Name>,
  names: readonly Name[],
  options: InstallOptions,
): Promise<readonly Name[]> {
  const missing: Name[] = [];
  for (const name of names) {
    if (!(await installUnlessThere(name, catalogue[name], options))) missing.push(name);
  }
  return missing;
}

async function installUnlessThere(
  name: string,
  program: Program,
  { directory, env, say }: InstallOptions,
): Promise<boolean> {
  if (findExecutable(name, program, directory) !== undefined) {
    say(`${name}: there`);
    return true;
  }
  const start = performance.now();
  const problem = await install(name, program, directory, env);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(problem === undefined ? `${name}: installed in ${seconds} s` : `${name}: ${problem}`);
  return problem === undefined;
}

/** Returns what went wrong with its source, if there is no other that does. */
async function install(
  name: string,
  program: Program,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const problem = await installFrom(program.source, name, program, directory, env);
  if (problem === undefined || program.otherwise === undefined) return problem;
  const other = await installFrom(program.otherwise, name, program, directory, env);
  return other === undefined ? undefined : problem;
}

/** In a directory of its own, renamed when the program has been seen to run: what is there is whole. */
async function installFrom(
  source: Source,
  name: string,
  program: Program,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  mkdirSync(directory, { recursive: true });
  const made = mkdtempSync(join(directory, ".new-"));
  try {
    const problem = (await fill(name, source, made, env)) ?? (await check(name, program, made, env));
    if (problem === undefined) keep(made, programDirectory(name, program, directory));
    return problem;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

async function fill(
  name: string,
  source: Source,
  made: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (source.from === "debian") return unpackDebian(name, source, made, env);
  return (await missingGo(made, env)) ?? buildGo(source, made, env);
}

async function check(
  name: string,
  { check, shows }: Program,
  made: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { succeeded, output } = await run([join(made, "bin", name), ...check], made, env);
  if (!succeeded) return `does not run: ${output.trim()}`;
  if (shows !== undefined && !shows.test(output)) return `is another version: ${output.trim()}`;
  return undefined;
}

/** For everybody to run. Another installation that ran at the same time may have been first. */
function keep(made: string, final: string): void {
  chmodSync(made, 0o755);
  try {
    renameSync(made, final);
  } catch (error) {
    if (!existsSync(final)) throw error;
  }
}
