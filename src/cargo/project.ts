// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The directory that a build is remembered under: the nearest one upward with a Cargo.lock, else the nearest with
 * a Cargo.toml, else `start` itself (`cargo install`).
 */
export function projectDirectory(start: string): string {
  return nearestWith(start, "Cargo.lock") ?? nearestWith(start, "Cargo.toml") ?? resolve(start);
}

function nearestWith(start: string, name: string): string | undefined {
  for (let directory = resolve(start); ; directory = dirname(directory)) {
    if (existsSync(join(directory, name))) return directory;
    if (directory === dirname(directory)) return undefined;
  }
}
