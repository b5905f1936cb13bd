// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { UnitToRun } from "../unit-runner.ts";
import type { Places } from "./places.ts";

/**
 * Moves what a unit left to where Cargo expects it, as new as if it had been made there. Of what is in directories the
 * times stay, which programs may go by, but for those that lie ahead, as where the builder's clock does: Cargo would take
 * such a file for an edit. Of the few files that most units leave, system calls take less than trips to the thread pool.
 */
export async function bringHome(from: string, unit: UnitToRun, places: Places): Promise<readonly string[]> {
  if (!unit.isRustc) {
    rmSync(unit.place, { recursive: true, force: true });
    mkdirSync(unit.place, { recursive: true });
  }
  const names = readdirSync(from);
  const now = kernelsNow(from);
  takeBack(from, now);
  for (const name of names) {
    const source = join(from, name);
    if (unit.isRustc && isDepInfo(name))
      writeFileSync(source, places.depInfoFromContainer(readFileSync(source)));
    lutimesSync(source, now, now); // what a link leads to is not the unit's
  }
  await Promise.all(names.map((name) => move(join(from, name), join(unit.place, name))));
  return names.map((name) => join(unit.place, name));
}

/** True for what rustc writes of what it read: it is the only output in which this machine's places are put. */
export function isDepInfo(name: string): boolean {
  return name.endsWith(".d");
}

/** Gives what is newer than that just this time. */
function takeBack(directory: string, now: Date): void {
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (lstatSync(path).mtimeMs > now.getTime()) lutimesSync(path, now, now);
  }
}

/**
 * The time that the kernel gives to what is written now. The clock is up to a tick ahead of it: files of that
 * time are newer to Cargo than a unit that it starts right afterwards, and the unit would be dirty.
 */
function kernelsNow(beside: string): Date {
  const written = `${beside}-now`;
  writeFileSync(written, "");
  const { mtimeMs } = statSync(written);
  rmSync(written);
  return new Date(Math.floor(mtimeMs));
}

/** By a new name, or file by file where that is on another file system. */
async function move(source: string, destination: string): Promise<void> {
  try {
    renameSync(source, destination);
  } catch {
    await cp(source, destination, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }
}
