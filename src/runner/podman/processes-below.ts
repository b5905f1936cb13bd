// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync } from "node:fs";

/** A process of this machine. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** It is the first one of a container: with it, the kernel ends all others. */
  readonly isInit: boolean;
}

/** All processes that a process started, and those that these did; nothing where the system has no `/proc`. */
export function processesBelow(ancestor: number, directory = "/proc"): readonly Process[] {
  const all = readProcesses(directory);
  const below: Process[] = [];
  for (let parents = [ancestor]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    below.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return below;
}

function readProcesses(directory: string): readonly Process[] {
  try {
    const names = readdirSync(directory).filter((name) => /^\d+$/.test(name));
    return names.flatMap((name) => readProcess(`${directory}/${name}/status`));
  } catch {
    return [];
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function readProcess(path: string): readonly Process[] {
  let status: string;
  try {
    status = readFileSync(path, "latin1");
  } catch {
    return []; // it has ended
  }
  const numbers = (field: string) =>
    new RegExp(`^${field}:((?:\\t\\d+)+)$`, "m").exec(status)?.[1]?.trim().split("\t").map(Number) ?? [];
  const [[pid], [parent], inNamespaces] = [numbers("Pid"), numbers("PPid"), numbers("NSpid")];
  if (pid === undefined || parent === undefined) return [];
  return [{ pid, parent, isInit: inNamespaces.length > 1 && inNamespaces.at(-1) === 1 }];
}
