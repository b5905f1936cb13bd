// SPDX-License-Identifier: MIT OR Apache-2.0
import { cpSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sleep } from "./process.ts";

/** Contents by path relative to some directory. */
export type Files = Readonly<Record<string, string>>;

/** Writes files below `directory`, made where needed. */
export function writeFiles(directory: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/**
 * Long enough for the kernel's coarse clock to advance, so that what is written afterwards is newer than what was
 * there, and what was written before is safely older than a compilation that starts afterwards.
 */
const TICK_MS = 40;

/** Saves files as an editor would, surely newer than everything that was built before. */
export async function edit(directory: string, files: Files): Promise<void> {
  await sleep(TICK_MS);
  writeFiles(directory, files);
  await sleep(TICK_MS);
}

/** Copies a checkout without its `target`; the copies are new files, as after `git clone`. */
export function copyCheckout(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => path !== join(from, "target") });
}

/** Sets a file's mtime, nothing else. */
export function touch(file: string, when: Date = new Date()): void {
  utimesSync(file, when, when);
}
