// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";

export interface Outcome {
  readonly succeeded: boolean;
  /** What it printed, on both streams. */
  readonly output: string;
}

/** Runs a program to its end; one that cannot be started did not succeed. */
export function run(
  [program = "", ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  return { succeeded: status === 0, output: error === undefined ? `${stdout}${stderr}` : error.message };
}
