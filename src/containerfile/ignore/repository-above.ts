// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstat, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type GitignoreFile, isIgnored, parseGitignore } from "./gitignore.ts";

/** Where a directory is in its repository. */
export interface PlaceInRepository {
  /** Its path from the repository's root, latin1, with a slash at its end; empty at the root. */
  readonly base: string;
  /** The `.gitignore` files above it, the deepest first. */
  readonly above: readonly GitignoreFile[];
}

const NOWHERE: PlaceInRepository = { base: "", above: [] };

/**
 * Finds the repository that a directory belongs to. One that leaves the directory out has nothing to say about it: it
 * may be a home under version control, or where tests make their projects.
 */
export async function findRepositoryAbove(directory: string): Promise<PlaceInRepository> {
  const upward = [directory];
  for (let at = directory; !(await exists(join(at, ".git"))); at = dirname(at)) {
    if (dirname(at) === at) return NOWHERE;
    upward.push(dirname(at));
  }
  const root = upward.at(-1) ?? directory;
  const baseOf = (path: string) => (path === root ? "" : `${bytesOf(relative(root, path))}/`);
  let above: readonly GitignoreFile[] = [];
  for (const parent of upward.slice(1).toReversed()) {
    const base = baseOf(parent);
    if (base !== "" && isIgnored(above, base.slice(0, -1), true)) return NOWHERE;
    const rules = parseGitignore(await readGitignore(join(parent, ".gitignore")));
    above = [{ base, rules }, ...above];
  }
  const base = baseOf(directory);
  if (base !== "" && isIgnored(above, base.slice(0, -1), true)) return NOWHERE;
  return { base, above };
}

/** Latin1 of a file's bytes; as git does, nothing for what is no ordinary file. */
export async function readGitignore(path: string | Buffer): Promise<string> {
  const isFile = await lstat(path).then(
    (stat) => stat.isFile(),
    () => false,
  );
  return isFile ? readFile(path, "latin1") : "";
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}
