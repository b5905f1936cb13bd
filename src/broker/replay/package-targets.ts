// SPDX-License-Identifier: MIT OR Apache-2.0
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { statOf } from "../../existing-files.ts";
import { type FileState, isUnchanged, stateOf } from "./file-state.ts";

/** The files that make targets of a package without being named in its manifest, and where more might appear. */
export interface PackageTargets {
  /** Of the package. */
  readonly root: string;
  /** Whether files in `src` count by their names, as in edition 2015. */
  readonly legacy: boolean;
  /** Relative to `root`, sorted. */
  readonly found: readonly string[];
  /** Relative directories whose mtime changes if anything of this does. */
  readonly directories: Readonly<Record<string, FileState>>;
}

/** Each file, and each directory with a `main.rs`, is a target (cargo 1.95, `infer_from_directory` in targets.rs). */
const TARGET_DIRECTORIES = ["src/bin", "examples", "tests", "benches"];
const TARGET_FILES = ["build.rs", "src/lib.rs", "src/main.rs"];

/** Looks for what Cargo would infer targets from. */
export function findTargets(root: string, legacy: boolean): PackageTargets {
  const directories: Record<string, FileState> = {};
  /** Looked at before it is read. */
  const read = (relative: string): readonly Dirent[] => {
    const state = stateOf(join(root, relative));
    if (state === null) return [];
    directories[relative] = state;
    return entriesOf(join(root, relative));
  };
  const exists = (relative: string) => statOf(join(root, relative)) !== undefined;
  for (const relative of [".", "src"]) {
    const state = stateOf(join(root, relative));
    if (state !== null) directories[relative] = state;
  }
  const found = TARGET_FILES.filter(exists);
  if (legacy) found.push(...sourcesIn(entriesOf(join(root, "src"))).map((name) => `src/${name}`));
  for (const directory of TARGET_DIRECTORIES) {
    const entries = read(directory);
    found.push(...sourcesIn(entries).map((name) => `${directory}/${name}`));
    for (const entry of entries) {
      const own = `${directory}/${entry.name}`;
      if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
      directories[own] = stateOf(join(root, own));
      if (exists(`${own}/main.rs`)) found.push(`${own}/main.rs`);
    }
  }
  return { root, legacy, found: found.sort(), directories };
}

/** True if Cargo would still infer the same. Where a directory changed, by what is in it: builds and editors do that. */
export function areTargetsUnchanged(known: PackageTargets): boolean {
  const { root, legacy, found, directories } = known;
  for (const relative in directories) {
    if (isUnchanged(relative === "." ? root : `${root}/${relative}`, directories[relative] ?? null)) continue;
    return findTargets(root, legacy).found.join("\0") === found.join("\0");
  }
  return true;
}

function sourcesIn(entries: readonly Dirent[]): readonly string[] {
  return entries
    .filter((entry) => !entry.isDirectory() && /^[^.].*\.rs$/s.test(entry.name))
    .map(({ name }) => name);
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
