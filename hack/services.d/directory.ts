// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { PROGRAMS, type ProgramName } from "./programs.ts";

/** `$XDG_CACHE_HOME/cargo-green-services`, else below `~/.cache`: kept from one run to the next. */
export function servicesDirectory(env: NodeJS.ProcessEnv): string {
  const xdg = env["XDG_CACHE_HOME"];
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env["HOME"] ?? homedir(), ".cache");
  return join(base, "cargo-green-services");
}

/** Where this version of a program is, or will be: another version is in another directory. */
export function programDirectory(name: ProgramName, env: NodeJS.ProcessEnv): string {
  const { source } = PROGRAMS[name];
  return join(servicesDirectory(env), `${name}-${source.from === "go" ? source.version : "debian"}`);
}

/** The executable that `hack/services install` made; `undefined` if it did not. */
export function findProgram(name: ProgramName, env: NodeJS.ProcessEnv): string | undefined {
  const path = join(programDirectory(name, env), "bin", name);
  return existsSync(path) ? path : undefined;
}
