// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { enginesDirectory, findEngineProgram } from "./directory.ts";
import type { EngineProgramName } from "./programs.ts";

/** Variables for a process that finds these programs, and their libraries, before the machine's. */
export interface ProgramEnvironment {
  readonly PATH: string;
  readonly LD_LIBRARY_PATH: string;
  /** Of whoever starts the process: nothing of an engine's is kept there. */
  readonly HOME: string;
}

/** Throws if one of them is not installed. */
export function environmentWith(
  names: readonly EngineProgramName[],
  env: NodeJS.ProcessEnv,
): ProgramEnvironment {
  const homes = names.map((name) => homeOf(name, env));
  const folders = homes.flatMap((home) => [
    ...["usr/bin", "usr/sbin", "sbin"].map((folder) => join(home, "root", folder)),
    // What was compiled has no root.
    ...(existsSync(join(home, "root")) ? [] : [join(home, "bin")]),
  ]);
  return {
    PATH: [...folders, env["PATH"] ?? ""].join(":"),
    LD_LIBRARY_PATH: homes.flatMap(librariesBelow).join(":"),
    HOME: env["HOME"] ?? "/",
  };
}

/** The directory below which Debian's packages of a program were unpacked. Throws if it is not installed. */
export function rootOf(name: EngineProgramName, env: NodeJS.ProcessEnv): string {
  return join(homeOf(name, env), "root");
}

/** The directory of a program: `bin`, and `root` if it came from Debian. Throws if it is not installed. */
export function homeOf(name: EngineProgramName, env: NodeJS.ProcessEnv): string {
  const path = findEngineProgram(name, env);
  if (path === undefined)
    throw new Error(`${name} is not in ${enginesDirectory(env)}: hack/engine install brings it`);
  return dirname(dirname(path));
}

/** `lib/x86_64-linux-gnu` and the like. */
function librariesBelow(home: string): readonly string[] {
  return ["usr/lib", "lib"].flatMap((folder) => {
    const directory = join(home, "root", folder);
    if (!existsSync(directory)) return [];
    return readdirSync(directory)
      .filter((name) => name.includes("-linux-gnu"))
      .map((name) => join(directory, name));
  });
}
