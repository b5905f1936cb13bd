// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";

/**
 * True if ^C on a terminal goes to this process and to all of its group, so that whoever we started in it has it
 * already. True as well where that cannot be told: without Linux's /proc.
 */
export function isInForeground(): boolean {
  try {
    return isForeground(readFileSync("/proc/self/stat", "latin1"));
  } catch {
    return true;
  }
}

/** The same of a process by its `stat` file: it has a terminal, and its group is the one in front (proc_pid_stat(5)). */
export function isForeground(stat: string): boolean {
  // Behind the program's name, which may hold anything: state, parent, group, session, terminal, group in front.
  const [, , group, , terminal, inFront] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return terminal !== "0" && group === inFront;
}
