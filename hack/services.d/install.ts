// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unpackDebian } from "./debian.ts";
import { findProgram, programDirectory, servicesDirectory } from "./directory.ts";
import { buildGo, missingGo } from "./go.ts";
import { PROGRAMS, type ProgramName } from "./programs.ts";
import { run } from "./run.ts";

/**
 * Installs programs that are not there yet, one after the other, and says how long each took.
 * Returns those that could not be.
 */
export function installPrograms(
  names: readonly ProgramName[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): readonly ProgramName[] {
  return names.filter((name) => {
    if (findProgram(name, env) !== undefined) {
      say(`${name}: there`);
      return false;
    }
    const start = performance.now();
    const problem = install(name, env);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    say(problem === undefined ? `${name}: installed in ${seconds} s` : `${name}: ${problem}`);
    return problem !== undefined;
  });
}

/** In a directory of its own, renamed when the program has been seen to run: what is there is whole. */
function install(name: ProgramName, env: NodeJS.ProcessEnv): string | undefined {
  const services = servicesDirectory(env);
  mkdirSync(services, { recursive: true });
  const directory = mkdtempSync(join(services, ".new-"));
  try {
    return fill(name, directory, env) ?? check(name, directory, env) ?? keep(directory, name, env);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function fill(name: ProgramName, directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const { source } = PROGRAMS[name];
  if (source.from === "debian") return unpackDebian(name, source, directory, env);
  return missingGo(directory, env) ?? buildGo(source, directory, env);
}

function check(name: ProgramName, directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const { check, shows } = PROGRAMS[name];
  const { succeeded, output } = run([join(directory, "bin", name), ...check], directory, env);
  if (!succeeded) return `does not run: ${output.trim()}`;
  if (shows !== undefined && !shows.test(output)) return `is another version: ${output.trim()}`;
  return undefined;
}

/** Another installation that ran at the same time may have been first. */
function keep(directory: string, name: ProgramName, env: NodeJS.ProcessEnv): undefined {
  const final = programDirectory(name, env);
  try {
    renameSync(directory, final);
  } catch (error) {
    if (!existsSync(final)) throw error;
  }
}
