// SPDX-License-Identifier: MIT OR Apache-2.0
import { cacheDirectory } from "../lib/cache-directory.ts";
import { findExecutable } from "../lib/install/program-directory.ts";
import { PROGRAMS, type ProgramName } from "./programs.ts";

/** `$XDG_CACHE_HOME/cargo-green-services`, else below `~/.cache`: kept from one run to the next. */
export function servicesDirectory(env: NodeJS.ProcessEnv): string {
  return cacheDirectory("cargo-green-services", env);
}

/** The executable that `hack/services install` made; `undefined` if it did not. */
export function findProgram(name: ProgramName, env: NodeJS.ProcessEnv): string | undefined {
  return findExecutable(name, PROGRAMS[name], servicesDirectory(env));
}
