// SPDX-License-Identifier: MIT OR Apache-2.0
import { type BigIntStats, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";

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

/**
 * The real file system, for paths that are strings of the given encoding (`latin1`: one character per byte).
 * It is asked at once: a trip to the thread pool takes several times what the system takes.
 */
export function nodeFiles(encoding: "latin1" | "utf8" = "latin1"): FileAccess {
  const bytes = (path: string) => Buffer.from(path, encoding);
  const stat = (path: string) =>
    unlessAbsent(() => statSync(bytes(path), { bigint: true, throwIfNoEntry: false }));
  return {
    readText: async (path) => unlessAbsent(() => readFileSync(bytes(path), "latin1")),
    list: async (path) => {
      const names = unlessAbsent(() => readdirSync(bytes(path), { encoding: "buffer" })) ?? [];
      return names.map((name) => name.toString(encoding));
    },
    exists: (path) => stat(path) !== undefined,
    stat,
    realpath: async (path) =>
      unlessAbsent(() => realpathSync.native(bytes(path), { encoding: "buffer" }).toString(encoding)),
  };
}

/** Also for what there is no way to (ENOTDIR, EACCES, ELOOP), which is not there for us. */
function unlessAbsent<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
