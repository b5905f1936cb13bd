// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Digest, digestOf } from "./digest.ts";

/** Files in one tree beyond which it is not digested: such a unit is not cached. */
export const MAX_TREE_FILES = 20_000;

export interface TreeFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly type: "file" | "link";
}

/** Thrown by `listTree` for what cannot be an input or an output: sockets, devices, or too many files. */
export class TreeError extends Error {}

/**
 * All files and symbolic links below `root`, sorted by path.
 * With `sources`, what no source tree means is left out: `.git`, and directories marked by a CACHEDIR.TAG
 * (https://bford.info/cachedir/), such as Cargo's target directories.
 */
export async function listTree(root: string, what: "everything" | "sources"): Promise<readonly TreeFile[]> {
  const found: TreeFile[] = [];
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(join(root, relative), { withFileTypes: true });
    if (what === "sources" && entries.some((entry) => entry.name === "CACHEDIR.TAG")) return;
    const below: Promise<void>[] = [];
    for (const entry of entries) {
      const path = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        if (what === "sources" && entry.name === ".git") continue;
        below.push(visit(path));
      } else if (entry.isFile()) found.push({ path, type: "file" });
      else if (entry.isSymbolicLink()) found.push({ path, type: "link" });
      else throw new TreeError(`"${path}" is neither a file nor a directory nor a link`);
    }
    if (found.length > MAX_TREE_FILES) throw new TreeError(`more than ${MAX_TREE_FILES} files`);
    await Promise.all(below);
  };
  await visit("");
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Directories below `root` with nothing in them, relative and sorted. Git knows no such thing, so they mean nothing
 * among sources; in what a program generated they do.
 */
export async function listEmptyDirectories(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  const filled = new Set(entries.map(({ parentPath }) => parentPath));
  return entries
    .filter((entry) => entry.isDirectory() && !filled.has(join(entry.parentPath, entry.name)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * sha256 over the paths and contents of a tree. Links count by their target, and where that lies outside of the tree
 * also by what is there: who reads through them sees it.
 */
export async function digestTree(
  root: string,
  what: "everything" | "sources",
  digestFile: (path: string) => Promise<Digest>,
): Promise<Digest> {
  return digestFrom(root, what, digestFile, [await realpath(root)]);
}

/** @param inside real paths of the trees that this one was reached from, so that circles end */
async function digestFrom(
  root: string,
  what: "everything" | "sources",
  digestFile: (path: string) => Promise<Digest>,
  inside: readonly string[],
): Promise<Digest> {
  const files = await listTree(root, what);
  const empty = what === "everything" ? await listEmptyDirectories(root) : [];
  const through = async (link: string): Promise<string> => {
    const real = await realpath(link).catch(() => undefined);
    if (real === undefined || inside.some((tree) => real === tree || real.startsWith(`${tree}/`))) return "";
    const found = await stat(real);
    if (found.isDirectory()) return ` ${await digestFrom(real, what, digestFile, [...inside, real])}`;
    return ` ${await digestFile(real)}`;
  };
  const lines = await Promise.all(
    files.map(async ({ path, type }) => {
      const file = join(root, path);
      return type === "file"
        ? `${path}\0${await digestFile(file)}`
        : `${path}\0-> ${await readlink(file)}${await through(file)}`;
    }),
  );
  return digestOf([...lines, ...empty.map((path) => `${path}/`)].join("\n"));
}
