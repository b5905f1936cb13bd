// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, type Stats, statSync } from "node:fs";

// At once: a trip to the thread pool takes several times what the system takes.

/** Stat after symbolic links; undefined if there is none, or no way to it (ENOTDIR, EACCES, ELOOP). */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Names in a directory, unsorted; none if it is not there, cannot be read, or is a file. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
