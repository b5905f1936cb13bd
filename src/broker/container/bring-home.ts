// SPDX-License-Identifier: MIT OR Apache-2.0
import { cp, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { UnitToRun } from "../unit-runner.ts";
import type { Places } from "./places.ts";

/** Moves what a unit left to where Cargo expects it, as new as if it had been made there. */
export async function bringHome(from: string, unit: UnitToRun, places: Places): Promise<readonly string[]> {
  if (!unit.isRustc) {
    await rm(unit.place, { recursive: true, force: true });
    await mkdir(unit.place, { recursive: true });
  }
  const names = await readdir(from);
  const now = await kernelsNow(from);
  await Promise.all(
    names.map(async (name) => {
      const source = join(from, name);
      if (unit.isRustc && name.endsWith(".d"))
        await writeFile(source, places.depInfoFromContainer(await readFile(source)));
      await utimes(source, now, now);
      await move(source, join(unit.place, name));
    }),
  );
  return names.map((name) => join(unit.place, name));
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
