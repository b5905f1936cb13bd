// SPDX-License-Identifier: MIT OR Apache-2.0
import { cp, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
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
  await Promise.all(
    names.map(async (name) => {
      const source = join(from, name);
      if (unit.isRustc && name.endsWith(".d"))
        await writeFile(source, places.depInfoFromContainer(await readFile(source)));
      await move(source, join(unit.place, name));
    }),
  );
  return names.map((name) => join(unit.place, name));
}

/** By a new name, or file by file where that is on another file system. */
async function move(source: string, destination: string): Promise<void> {
  const now = new Date();
  await utimes(source, now, now);
  try {
    await rename(source, destination);
  } catch {
    await cp(source, destination, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }
}
