// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";

export interface Outcome {
  readonly succeeded: boolean;
  /** What it printed, on both streams. */
  readonly output: string;
}

/** Runs a program to its end, without input; one that cannot be started did not succeed. */
export function run(
  [program = "", ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on("error", ({ message }) => resolve({ succeeded: false, output: message }));
    child.on("close", (code) => resolve({ succeeded: code === 0, output: Buffer.concat(chunks).toString() }));
  });
}
