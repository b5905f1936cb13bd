// SPDX-License-Identifier: MIT OR Apache-2.0
import { statOf } from "../../existing-files.ts";
import { RACY_MARGIN_MS } from "../../store/file-stat.ts";

/**
 * A file or directory as it was: inode, size, and mtime and ctime in milliseconds; null if there was none. Doubles
 * hold these times to 0.2 µs, which is far below a tick of the kernel's clock, and thousands of them are compared.
 */
export type FileState = readonly [ino: number, size: number, mtimeMs: number, ctimeMs: number] | null;

/** Links are followed. What cannot be looked at is not there. */
export function stateOf(path: string): FileState {
  const stat = statOf(path);
  return stat === undefined ? null : [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs];
}

export function isUnchanged(path: string, known: FileState): boolean {
  const stat = statOf(path);
  if (stat === undefined || known === null) return stat === undefined && known === null;
  const [ino, size, mtimeMs, ctimeMs] = known;
  return stat.mtimeMs === mtimeMs && stat.size === size && stat.ino === ino && stat.ctimeMs === ctimeMs;
}

/** True if it was surely like this at `moment` (milliseconds) already. */
export function isOlder(state: FileState, moment: number): boolean {
  return state === null || Math.max(state[2], state[3]) < moment - RACY_MARGIN_MS;
}
