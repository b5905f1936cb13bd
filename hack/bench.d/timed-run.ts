// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** The user ended the benchmark; what was measured is kept. */
export class Interrupted extends Error {}

/** A build that hangs ends: an hour is far more than any takes. */
const LIMIT_MS = 3_600_000; // 1 hour
const TAIL_LINES = 15;

export interface TimedRun {
  /** Wall clock, from starting the first to the end of the last. */
  readonly seconds: number;
  /** The end of what a command that failed has printed. */
  readonly failure: string | undefined;
}

/**
 * Runs commands one after the other, as far as they succeed. They print into a file: a pipe would be kept open by a
 * server that one of them starts.
 */
export function timeCommands(
  commands: readonly (readonly string[])[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly log: string },
): TimedRun {
  const { cwd, env, log } = options;
  const output = openSync(log, "w");
  const begun = performance.now();
  let failed: readonly string[] | undefined;
  try {
    failed = commands.find(([program = "", ...args]) => {
      const ended = spawnSync(program, args, {
        cwd,
        env,
        stdio: ["ignore", output, output],
        timeout: LIMIT_MS,
      });
      if (ended.signal === "SIGINT" || ended.status === 130) throw new Interrupted("Interrupted");
      return ended.status !== 0;
    });
  } finally {
    closeSync(output);
  }
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, failure: failed && `${failed.join(" ")}\n${tail(log)}` };
}

function tail(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}
