// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BigIntStats } from "node:fs";

/** Remembers answers that are expensive to find, and digests of files by their stat. */
export interface Memo {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  /** sha256 of a file, hex. Rejects if it cannot be read. */
  digestFile(path: string): Promise<string>;
}

/** A file as it is now, for the key of a memo: path, inode, size, mtime and ctime. */
export function fileSignature(path: string, stat: BigIntStats | undefined): string {
  if (stat === undefined) return `${path} (missing)`;
  return `${path} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
