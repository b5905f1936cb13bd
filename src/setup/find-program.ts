// SPDX-License-Identifier: MIT OR Apache-2.0
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a program on PATH; undefined if it is not there. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const directory of (env["PATH"] ?? "").split(delimiter)) {
    if (directory === "") continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this one
    }
  }
  return undefined;
}
