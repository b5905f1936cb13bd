// SPDX-License-Identifier: MIT OR Apache-2.0
import { appendFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** A log that is longer begins anew. */
const MOST_BYTES = 10e6; // 10 MB

/** Where a broker without a terminal writes with `log = "debug"`. */
export function logFilePath(cacheDir: string): string {
  return join(cacheDir, "broker.log");
}

/** Adds lines to the log of a cache directory, each with its time; a log that cannot be written is no reason to fail. */
export function logFile(cacheDir: string): (line: string) => void {
  const path = logFilePath(cacheDir);
  return (line) => {
    try {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > MOST_BYTES) rmSync(path);
      appendFileSync(path, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 });
    } catch {
      // A full disk: nobody is there to be told.
    }
  };
}
