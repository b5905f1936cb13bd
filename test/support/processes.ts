// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync } from "node:fs";

export interface LivingProcess {
  readonly pid: number;
  /** Arguments joined by blanks. */
  readonly command: string;
}

/** The processes whose arguments or environment mention `text` (a sandbox's directory), zombies left out. */
export function processesOf(text: string): LivingProcess[] {
  const found: LivingProcess[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, "latin1").replaceAll("\0", " ").trim();
      const environment = readFileSync(`/proc/${entry}/environ`, "latin1");
      if (command === "" || !(command.includes(text) || environment.includes(text))) continue;
      found.push({ pid: Number(entry), command });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}
