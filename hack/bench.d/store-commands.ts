// SPDX-License-Identifier: MIT OR Apache-2.0
// What looking into a large store takes, commands as a user types them.
import { performance } from "node:perf_hooks";
import { run } from "../lib/crate-source.ts";
import { median } from "./statistics.ts";

export interface CommandTime {
  readonly command: string;
  /** Median, milliseconds, the whole process. */
  readonly ms: number;
}

const RUNS = 5;
const COMMANDS = [["ls", "--limit", "50"], ["ls", "libc", "--rustc", "1.95"], ["stats"]];

/** Measures commands that read the store in `directory`. */
export function measureStoreCommands(green: string, directory: string): readonly CommandTime[] {
  const env = { ...process.env, CARGOGREEN_CACHE_DIR: directory };
  return COMMANDS.map((args) => {
    const times = Array.from({ length: RUNS }, () => {
      const begun = performance.now();
      run(green, ["cache", ...args], directory, env);
      return performance.now() - begun;
    });
    return { command: `cargo green cache ${args.join(" ")}`, ms: median(times) };
  });
}

/** One line a command. */
export function formatStoreCommands(times: readonly CommandTime[]): string {
  const width = Math.max(...times.map(({ command }) => command.length));
  return times
    .map(({ command, ms }) => `${command.padEnd(width)} ${ms.toFixed(0).padStart(6)} ms\n`)
    .join("");
}
