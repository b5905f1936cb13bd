// SPDX-License-Identifier: MIT OR Apache-2.0
import { type BigIntStats, statSync } from "node:fs";
import { readdir, readFile, realpath } from "node:fs/promises";

/** The few questions that this folder asks of the file system. Absence is an answer, not an error. */
export interface FileAccess {
  /** Contents as latin1; undefined if it is not there or cannot be read. */
  readText(path: string): Promise<string | undefined>;
  /** Names in a directory, unsorted; empty if it is not there. */
  list(path: string): Promise<readonly string[]>;
  exists(path: string): boolean;
  /** Stat after symbolic links; undefined if there is none. */
  stat(path: string): BigIntStats | undefined;
  /** Path without symbolic links; undefined if it is not there. */
  realpath(path: string): Promise<string | undefined>;
}

/** The real file system, for paths that are strings of the given encoding (`latin1`: one character per byte). */
export function nodeFiles(encoding: "latin1" | "utf8" = "latin1"): FileAccess {
  const bytes = (path: string) => Buffer.from(path, encoding);
  const stat = (path: string) => {
    try {
      return statSync(bytes(path), { bigint: true, throwIfNoEntry: false });
    } catch {
      return undefined; // ENOTDIR, EACCES, ELOOP: not there for us
    }
  };
  return {
    readText: (path) =>
      readFile(bytes(path)).then(
        (content) => content.toString("latin1"),
        () => undefined,
      ),
    list: (path) =>
      readdir(bytes(path), { encoding: "buffer" }).then(
        (names) => names.map((name) => name.toString(encoding)),
        () => [],
      ),
    exists: (path) => stat(path) !== undefined,
    stat,
    realpath: (path) =>
      realpath(bytes(path), { encoding: "buffer" }).then(
        (found) => found.toString(encoding),
        () => undefined,
      ),
  };
}
