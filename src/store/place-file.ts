// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { chmodSync, constants, linkSync, mkdirSync, renameSync, rmSync, utimesSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";

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

/**
 * Copies (reflink where possible) in place of what has the name, making the directory if there is none. The copy gets
 * its name last: whoever is killed leaves nothing there that rustc could not replace, as stored files are read-only.
 */
export async function copyInto(
  source: string,
  destination: string,
  { mode, mtime }: { readonly mode: number /** Seconds since the epoch. */; readonly mtime: number },
): Promise<void> {
  const temp = join(dirname(destination), `.green-${randomUUID()}`);
  try {
    await copyNew(source, temp);
    chmodSync(temp, mode);
    utimesSync(temp, mtime, mtime);
    renameSync(temp, destination);
  } catch (thrown) {
    rmSync(temp, { force: true });
    throw thrown;
  }
}

/** Copies (reflink where possible) to a name that nothing has, making the directory if there is none. */
export async function copyNew(source: string, destination: string): Promise<void> {
  const flags = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
  try {
    await copyFile(source, destination, flags);
  } catch (thrown) {
    if (!hasCode(thrown, ["ENOENT"])) throw thrown;
    await mkdir(dirname(destination), { recursive: true });
    await copyFile(source, destination, flags);
  }
}

function hasCode(thrown: unknown, codes: readonly string[]): boolean {
  return thrown instanceof Error && "code" in thrown && codes.includes(String(thrown.code));
}
