// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { cacheDirectory } from "../lib/cache-directory.ts";
import { findExecutable } from "../lib/install/program-directory.ts";
import { ENGINE_PROGRAMS, type EngineProgramName } from "./programs.ts";

/** `$XDG_CACHE_HOME/cargo-green-engines`, else below `~/.cache`: programs and base images are kept there. */
export function enginesDirectory(env: NodeJS.ProcessEnv): string {
  return cacheDirectory("cargo-green-engines", env);
}

/** Everything of the engines that run: gone when they are stopped. */
export function runDirectory(env: NodeJS.ProcessEnv): string {
  return join(enginesDirectory(env), "run");
}

/** The executable that `hack/engine install` made; `undefined` if it did not. */
export function findEngineProgram(name: EngineProgramName, env: NodeJS.ProcessEnv): string | undefined {
  return findExecutable(name, ENGINE_PROGRAMS[name], enginesDirectory(env));
}
