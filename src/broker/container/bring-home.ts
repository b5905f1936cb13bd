// SPDX-License-Identifier: MIT OR Apache-2.0
import { cp, lstat, lutimes, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { UnitToRun } from "../unit-runner.ts";
import type { Places } from "./places.ts";

/**
 * Moves what a unit left to where Cargo expects it, as new as if it had been made there. Of what is in directories the
 * times stay, which programs may go by, but for those that lie ahead, as where the builder's clock does: Cargo would take
 * such a file for an edit.
 */
export async function bringHome(from: string, unit: UnitToRun, places: Places): Promise<readonly string[]> {
  if (!unit.isRustc) {
    await rm(unit.place, { recursive: true, force: true });
    await mkdir(unit.place, { recursive: true });
  }
  const names = await readdir(from);
  const now = await kernelsNow(from);
  await takeBack(from, now);
  await Promise.all(
    names.map(async (name) => {
      const source = join(from, name);
      if (unit.isRustc && name.endsWith(".d"))
        await writeFile(source, places.depInfoFromContainer(await readFile(source)));
      await lutimes(source, now, now); // what a link leads to is not the unit's
      await move(source, join(unit.place, name));
    }),
  );
  return names.map((name) => join(unit.place, name));
}

/** Gives what is newer than that just this time. */
async function takeBack(directory: string, now: Date): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      if ((await lstat(path)).mtimeMs > now.getTime()) await lutimes(path, now, now);
    }),
  );
}

/**
 * The time that the kernel gives to what is written now. The clock is up to a tick ahead of it: files of that
 * time are newer to Cargo than a unit that it starts right afterwards, and the unit would be dirty.
 */
async function kernelsNow(beside: string): Promise<Date> {
  const written = `${beside}-now`;
  await writeFile(written, "");
  const { mtimeMs } = await stat(written);
  await rm(written);
  return new Date(Math.floor(mtimeMs));
}

/** By a new name, or file by file where that is on another file system. */
async function move(source: string, destination: string): Promise<void> {
  try {
    await rename(source, destination);
  } catch {
    await cp(source, destination, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }
}
