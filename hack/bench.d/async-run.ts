// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands that are waited for while a slow link, which is in this process, goes on.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** File for all that is printed: a pipe would be kept open by a server that the command starts. */
  readonly log: string;
}

/** Seconds that a command takes; throws with what it printed if it fails. */
export async function secondsOf(
  [command = "", ...args]: readonly string[],
  { cwd, env, log }: RunOptions,
): Promise<number> {
  const output = openSync(log, "w");
  try {
    const begun = performance.now();
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", output, output] });
    const [status] = await once(child, "exit");
    const seconds = (performance.now() - begun) / 1000;
    if (status !== 0) throw new Error(`${[command, ...args].join(" ")}\n${readFileSync(log, "utf8")}`);
    return seconds;
  } finally {
    closeSync(output);
  }
}

/** What a command prints to its standard output. */
export async function outputOf(
  [command = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  return Buffer.concat(chunks).toString("utf8");
}
