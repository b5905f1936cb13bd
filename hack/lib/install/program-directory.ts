// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "./program.ts";

/** Where this version of a program is, or will be, below `directory`: another version is in another place. */
export function programDirectory(name: string, { source }: Program, directory: string): string {
  if (source.from === "go") return join(directory, `${name}-${source.version}`);
  const newer = Object.values(source.newer?.versions ?? {});
  return join(directory, [name, "debian", ...newer.slice(0, 1)].join("-"));
}

/** The executable that `installPrograms` made; `undefined` if it did not. */
export function findExecutable(name: string, program: Program, directory: string): string | undefined {
  const path = join(programDirectory(name, program, directory), "bin", name);
  return existsSync(path) ? path : undefined;
}
