// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import { type Dirent, lstatSync, readlinkSync, type Stats } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalTree } from "../../../containerfile/container-unit.ts";
import { inOrder } from "../../../in-order.ts";
import { inSentOrder, type SentEntry } from "./sent-entry.ts";

/** So many files are looked at at once. */
const AT_ONCE = 16;
/** Cargo's note that it unpacked a package, which versions write differently. */
const CARGO_NOTE = ".cargo-ok";
/** Git's own files, which say more of this machine than of a commit. */
const GIT = /(^|\/)\.git(\/|$)/;

/** All files of a tree that its identity decides about. */
export async function readWholeTree({ directory }: LocalTree): Promise<readonly SentEntry[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((entry) => entry.isDirectory() || entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relativePath(directory, entry))
    .filter((path) => path !== CARGO_NOTE && !GIT.test(path));
  return inSentOrder(await readEntries(directory, paths, false));
}

/** Some files of a tree, with the directories that they are in. Each file is read, as it may change. */
export async function readListedTree(
  directory: string,
  files: readonly string[],
): Promise<readonly SentEntry[]> {
  const listed = await readEntries(directory, files, true);
  const parents = new Set(files.flatMap(parentsOf));
  const directories = [...parents].map((path) => ({ kind: "directory", path }) as const);
  return inSentOrder([...directories, ...listed.filter(({ path }) => !parents.has(path))]);
}

async function readEntries(
  directory: string,
  paths: readonly string[],
  hashed: boolean,
): Promise<readonly SentEntry[]> {
  const entries: SentEntry[] = [];
  for await (const entry of inOrder(AT_ONCE, paths, (path) => readEntry(directory, path, hashed))) {
    entries.push(entry);
  }
  return entries;
}

async function readEntry(directory: string, path: string, hashed: boolean): Promise<SentEntry> {
  const from = join(directory, path);
  const stats = lstatSync(from);
  if (stats.isDirectory()) return { kind: "directory", path };
  if (stats.isSymbolicLink()) return { kind: "link", path, target: readlinkSync(from) };
  const executable = isExecutable(stats);
  if (!hashed) return { kind: "file", path, executable, size: stats.size, from, digest: undefined };
  const bytes = await readFile(from);
  return { kind: "file", path, executable, size: bytes.length, from, digest: hash("sha256", bytes, "hex") };
}

function isExecutable({ mode }: Stats): boolean {
  return (mode & 0o111) !== 0;
}

function relativePath(directory: string, entry: Dirent): string {
  return join(entry.parentPath, entry.name).slice(directory.length + 1);
}

/** `a` and `a/b` for `a/b/c`. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}
