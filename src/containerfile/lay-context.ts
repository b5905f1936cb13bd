// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { GreenError } from "../error.ts";
import { digestOf } from "../unit/digest.ts";
import type { ContextEntry } from "./build-context.ts";
import type { LocalFile, LocalTree } from "./container-unit.ts";

/**
 * Lays a build context down, as far as it is not there: one directory may serve many units at once. What is in it is
 * complete or not there. Whole trees are of sources that nobody edits: their files are linked, where that is possible,
 * unless somebody may edit what is laid down. All else is copied (cloned, where the file system can do that), since a
 * file that is edited in place would change under a name that says what it contains, and linking one makes it look
 * touched.
 * @throws GreenError "corrupt" for a file that is not what its digest says; what the file system says
 */
export async function layContext(
  directory: string,
  entries: readonly ContextEntry[],
  wholeTrees: "linked" | "copied" = "linked",
): Promise<void> {
  for (const entry of entries) {
    const place = join(directory, entry.path);
    if (await isThere(place)) continue;
    await mkdir(dirname(place), { recursive: true });
    const made = `${place}.${randomUUID()}`;
    try {
      if (entry.kind === "file") await copyChecked(entry.file, made);
      else await layTree(entry.tree, made, wholeTrees === "linked" ? link : copyEntry);
      await rename(made, place).catch((thrown: unknown) => unlessThere(place, thrown));
    } finally {
      await rm(made, { recursive: true, force: true });
    }
  }
}

async function copyChecked({ path, digest, executable }: LocalFile, to: string): Promise<void> {
  await copyFile(path, to, constants.COPYFILE_FICLONE);
  await chmod(to, executable ? 0o755 : 0o644);
  if (digestOf(await readFile(to)) === digest) return;
  throw new GreenError("corrupt", `"${path}" is not what its digest says`, {
    hint: "it changed while it was about to be used: build again",
    retryable: true,
  });
}

type Lay = (from: string, to: string) => Promise<void>;

async function layTree({ directory, files }: LocalTree, to: string, layFile: Lay): Promise<void> {
  if (files === undefined) return layDirectory(directory, to, layFile);
  await mkdir(to);
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await copyEntry(join(directory, file), join(to, file));
  }
}

async function layDirectory(from: string, to: string, layFile: Lay): Promise<void> {
  await mkdir(to);
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.map((entry) => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isDirectory()) return layDirectory(source, target, layFile);
      if (entry.isFile()) return layFile(source, target).catch(() => copyEntry(source, target));
      return entry.isSymbolicLink() ? copyEntry(source, target) : undefined;
    }),
  );
}

/** A file with its mode, a symbolic link as it is, or a directory without anything. */
async function copyEntry(from: string, to: string): Promise<void> {
  const found = await lstat(from);
  if (found.isDirectory()) await mkdir(to);
  else if (found.isSymbolicLink()) await symlink(await readlink(from), to);
  else await copyFile(from, to, constants.COPYFILE_FICLONE);
}

/** Somebody else was faster, and has laid down the same. */
async function unlessThere(place: string, thrown: unknown): Promise<void> {
  if (!(await isThere(place))) throw thrown;
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
