// SPDX-License-Identifier: MIT OR Apache-2.0
import { constants, linkSync, mkdirSync, rmSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/** A file system without links, another file system, too many links, or a kernel that protects links. */
const UNLINKABLE = ["EXDEV", "EMLINK", "EPERM", "ENOTSUP", "EOPNOTSUPP"];

/**
 * Gives `source` another name, in place of what has it, making the directory if there is none. False if this file
 * system does not do that. Throws other errors of the file system.
 */
export function linkInto(source: string, destination: string): boolean {
  for (let attempt = 0; ; attempt++) {
    try {
      linkSync(source, destination);
      return true;
    } catch (thrown) {
      if (hasCode(thrown, UNLINKABLE)) return false;
      if (attempt > 1) throw thrown;
      if (hasCode(thrown, ["EEXIST"])) rmSync(destination, { force: true });
      else if (hasCode(thrown, ["ENOENT"])) mkdirSync(dirname(destination), { recursive: true });
      else throw thrown;
    }
  }
}

/** Copies (reflink where possible) in place of what has the name, making the directory if there is none. */
export async function copyInto(source: string, destination: string): Promise<void> {
  rmSync(destination, { force: true }); // it may be another name of somebody else's file
  try {
    await copyFile(source, destination, constants.COPYFILE_FICLONE);
  } catch (thrown) {
    if (!hasCode(thrown, ["ENOENT"])) throw thrown;
    await mkdir(dirname(destination), { recursive: true });
    await copyFile(source, destination, constants.COPYFILE_FICLONE);
  }
}

function hasCode(thrown: unknown, codes: readonly string[]): boolean {
  return thrown instanceof Error && "code" in thrown && codes.includes(String(thrown.code));
}
