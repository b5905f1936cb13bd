// SPDX-License-Identifier: MIT OR Apache-2.0

import { randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { GreenError } from "../error.ts";

/** A file's text before and after; undefined where there is no file. */
export interface FileChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** More links than this in a row are a loop. */
const MOST_LINKS = 40; // as Linux: MAXSYMLINKS

/**
 * The text of a file; undefined if there is none.
 * @throws GreenError "config" if it is there and cannot be read, or is not UTF-8: editing it would change it
 */
export function readUserFile(path: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw new GreenError("config", `"${path}" cannot be read: ${GreenError.from(thrown).message}`, {
      cause: thrown,
      hint: "make it a file that you can read",
    });
  }
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes)) {
    throw new GreenError("config", `"${path}" is not UTF-8`, { hint: "save it as UTF-8 and try again" });
  }
  return text;
}

/**
 * Makes a file as `change` says, atomically: a symbolic link stays one, its target is replaced, with the same mode and owner.
 * @param hint what to do if it cannot be written
 * @throws GreenError "busy" if the file is not as it was read; "environment" if it cannot be written
 */
export async function applyChange(
  change: FileChange,
  hint = "make it writable, or change it by hand",
): Promise<void> {
  const { path, before, after } = change;
  if (readUserFile(path) !== before) {
    throw new GreenError("busy", `"${path}" changed in the meantime`, { hint: "try again" });
  }
  try {
    const target = linkTarget(path);
    if (after === undefined) rmSync(target, { force: true });
    else await replaceFile(target, after);
  } catch (thrown) {
    throw new GreenError("environment", `"${path}" cannot be written: ${GreenError.from(thrown).message}`, {
      cause: thrown,
      hint,
    });
  }
}

/** Where a chain of links ends, be there a file or not. */
function linkTarget(path: string): string {
  let target = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return target;
    target = resolve(dirname(target), readlinkSync(target));
  }
  throw new Error("too many symbolic links");
}

async function replaceFile(path: string, text: string): Promise<void> {
  const old = statSync(path, { throwIfNoEntry: false });
  mkdirSync(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(text);
      // Only the superuser, who may edit files of others, can and must give them back.
      if (old !== undefined && process.getuid?.() === 0) await file.chown(old.uid, old.gid);
      if (old !== undefined) await file.chmod(old.mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
