// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, rename, unlink } from "node:fs/promises";

/** What a build script's own executable is called beside the stand-in that took its name; shim/unit.rs knows it too. */
export const REAL_SUFFIX = ".green-real";

/** What Cargo runs. */
export const STAND_IN_MODE = 0o755;

/** Gives a just-compiled executable its other name and puts the shim in its place; or leaves it as it was, and throws. */
export async function replaceByStandIn(executable: string, shim: string): Promise<void> {
  const real = executable + REAL_SUFFIX;
  await rename(executable, real);
  try {
    await placeStandIn(executable, shim);
  } catch (thrown) {
    await rename(real, executable);
    throw thrown;
  }
}

/**
 * Copies the shim to `executable`: a copy, not a link, as a target directory must outlive the store and some
 * linkers write into what is in their way.
 */
export async function placeStandIn(executable: string, shim: string): Promise<void> {
  const temporary = `${executable}.${randomUUID()}.tmp`;
  try {
    await copyFile(shim, temporary, constants.COPYFILE_FICLONE);
    await chmod(temporary, STAND_IN_MODE);
    await rename(temporary, executable);
  } catch (thrown) {
    await unlink(temporary).catch(() => {});
    throw thrown;
  }
}
