// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process, told from a later one that has the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the machine did. */
  readonly started: string;
}

/** Throws if there is no such process; one that ended and that nobody waited for still is. */
export function identityOf(pid: number): ProcessIdentity {
  const stat = statOf(pid);
  if (stat === undefined) throw new Error(`There is no process ${pid}`);
  return { pid, started: stat.started };
}

/** Whether it has not ended. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  const stat = statOf(pid);
  return stat?.started === started && !ENDED.includes(stat.state);
}

/** Ends a process at once, and waits until it has. */
export async function end(identity: ProcessIdentity): Promise<void> {
  if (isRunning(identity)) process.kill(identity.pid, "SIGKILL");
  while (isRunning(identity)) await sleep(10);
}

/** Zombies and the dead. */
const ENDED = ["Z", "X"];

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name, which may hold anything, is in parentheses. */
function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", started: fields[19] ?? "" };
}
