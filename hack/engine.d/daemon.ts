// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.ts";

/** A program that serves until it is ended. */
export interface DaemonPlan {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether it serves, by what it has printed so far. */
  ready(log: string): boolean;
}

/** How long one may take to start: machines that test are busy ones. */
const START_MS = 60_000;

/** Lines of a log that an error shows. */
const SHOWN_LINES = 8;

/** Starts one that outlives this process. `log` is the file that it prints to. */
export async function startDetached(plan: DaemonPlan, log: string): Promise<ProcessIdentity> {
  const [program = "", ...args] = plan.argv;
  const output = openSync(log, "w");
  const stdio = ["ignore", output, output] as const;
  const child = spawn(program, args, { cwd: "/", env: plan.env, stdio: [...stdio], detached: true });
  closeSync(output);
  child.unref();
  if (child.pid !== undefined) return identityOf(child.pid);
  const [error] = await once(child, "error");
  throw error;
}

/** Waits until it serves. Throws with what it said if it ends before that, or takes too long. */
export async function untilReady(plan: DaemonPlan, identity: ProcessIdentity, log: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!plan.ready(readFileSync(log, "utf8"))) {
    if (!isRunning(identity) || Date.now() > deadline)
      throw new Error(`It does not serve; ${log} ends with\n${lastLines(log)}`);
    await sleep(20);
  }
}

function lastLines(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
}
