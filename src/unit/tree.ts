// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstatSync, readdirSync, statSync } from "node:fs";
import { readlink, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { type Digest, digestOf } from "./digest.ts";

/** Files in one tree beyond which it is not digested: such a unit is not cached. */
export const MAX_TREE_FILES = 20_000;

/** With `sources`, what no source tree means is left out. */
export type TreePart = "everything" | "sources";

export interface TreeFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly type: "file" | "link";
}

/** Thrown by `listTree` for what cannot be an input or an output: sockets, devices, or too many files. */
export class TreeError extends Error {}

/** Cargo's lock files are among them also because who opens one waits while it is held for what is laid down there. */
const CACHE_MARKS: ReadonlySet<string> = new Set([
  "CACHEDIR.TAG",
  ".rustc_info.json",
  ".cargo-lock",
  ".cargo-build-lock",
]);

/**
 * All files and symbolic links below `root`, sorted by path.
 * With `sources`, what no source tree means is left out: `.git`, and directories marked by a CACHEDIR.TAG
 * (https://bford.info/cachedir/), such as Cargo's target directories; one that Cargo did not make has only its
 * `.rustc_info.json`, or, in the first build, lock files in what is below it.
 */
export async function listTree(root: string, what: TreePart): Promise<readonly TreeFile[]> {
  return (await walk(root, what)).files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** All at once: a directory takes some 20 µs, and a trip to the thread pool several times that. */
async function walk(root: string, what: TreePart): Promise<{ files: TreeFile[]; directories: string[] }> {
  const files: TreeFile[] = [];
  const directories: string[] = [];
  const visit = (relative: string): void => {
    const entries = readdirSync(join(root, relative), { withFileTypes: true });
    if (what === "sources" && entries.some(({ name }) => CACHE_MARKS.has(name))) return;
    if (relative !== "") directories.push(relative);
    for (const entry of entries) {
      const path = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        if (what !== "sources" || entry.name !== ".git") visit(path);
      } else if (entry.isFile()) files.push({ path, type: "file" });
      else if (entry.isSymbolicLink()) files.push({ path, type: "link" });
      else throw new TreeError(`"${path}" is neither a file nor a directory nor a link`);
    }
    if (files.length > MAX_TREE_FILES) throw new TreeError(`more than ${MAX_TREE_FILES} files`);
  };
  visit("");
  return { files, directories };
}

/**
 * Directories below `root` with nothing in them, relative and sorted. Git knows no such thing, so they mean nothing
 * among sources; in what a program generated they do.
 */
export async function listEmptyDirectories(root: string): Promise<readonly string[]> {
  const entries = readdirSync(root, { withFileTypes: true, recursive: true });
  const filled = new Set(entries.map(({ parentPath }) => parentPath));
  return entries
    .filter((entry) => entry.isDirectory() && !filled.has(join(entry.parentPath, entry.name)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * The latest mtime or ctime of anything in a tree, and of what its links lead to; nanoseconds since the epoch.
 * New and removed names show in their directories.
 */
export async function latestChange(root: string, what: TreePart): Promise<bigint> {
  const { files, directories } = await walk(root, what);
  const paths = ["", ...directories, ...files.map(({ path }) => path)].map((path) => join(root, path));
  return latest(paths.map(changeTime));
}

/** The later of mtime and ctime, of a link's own and of what it leads to; 0 if there is nothing. */
export function changeTime(path: string): bigint {
  const asked = [lstatSync, statSync].flatMap((ask) => {
    try {
      const { mtimeNs, ctimeNs } = ask(path, { bigint: true });
      return [mtimeNs, ctimeNs];
    } catch {
      return [];
    }
  });
  return latest(asked);
}

function latest(times: readonly bigint[]): bigint {
  let found = 0n;
  for (const time of times) if (time > found) found = time;
  return found;
}

/**
 * sha256 over the paths and contents of a tree. Links count by their text, and by what they lead to outside of it.
 * Throws as `listTree` does, and for links to a directory that the tree lies in.
 */
export function digestTree(
  root: string,
  what: TreePart,
  digestFile: (path: string) => Promise<Digest>,
): Promise<Digest> {
  return digestBelow(root, [], what, digestFile);
}

async function digestBelow(
  root: string,
  around: readonly string[],
  what: TreePart,
  digestFile: (path: string) => Promise<Digest>,
): Promise<Digest> {
  const files = await listTree(root, what);
  const real = files.some(({ type }) => type === "link") ? await realpath(root) : root;
  const digestLink = async (path: string): Promise<string> => {
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined || target === real || target.startsWith(`${real}/`)) return "";
    const found = await stat(target);
    if (!found.isDirectory()) return found.isFile() ? digestFile(target) : "";
    if ([...around, real].some((each) => `${each}/`.startsWith(`${target}/`))) {
      throw new TreeError(`"${path}" is a link to a directory around it`);
    }
    return digestBelow(target, [...around, real], what, digestFile);
  };
  const lines = await Promise.all(
    files.map(async ({ path: name, type }) => {
      const path = join(root, name);
      if (type === "file") return `${name}\0${await digestFile(path)}\0`;
      return `${name}\0-> ${await readlink(path)}\0${await digestLink(path)}\0`;
    }),
  );
  const empty = what === "everything" ? await listEmptyDirectories(root) : [];
  return digestOf([...lines, ...empty.map((path) => `${path}/\0`)].join(""));
}
