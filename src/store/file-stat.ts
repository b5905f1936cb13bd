// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BigIntStats } from "node:fs";
import { statSync } from "node:fs";
import type { FileStat } from "./store.ts";

/**
 * A file changed again within one tick of the kernel's clock keeps its timestamps. Ticks are 1 to 10 ms (CONFIG_HZ);
 * what was hashed within this many milliseconds of its timestamps is not trusted, as git does with "racy" entries.
 */
export const RACY_MARGIN_MS = 20;

/** Picks what identifies a file's state. */
export function fileStat(stats: BigIntStats): FileStat {
  return { ino: stats.ino, size: stats.size, mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs };
}

/** The stat of a regular file (links followed), or undefined if there is none. */
export function statFile(path: string): FileStat | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() ? fileStat(stats) : undefined;
}

export function sameStat(a: FileStat, b: FileStat): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** True if a file with this stat could have changed after `moment` (milliseconds) without its stat showing it. */
export function isRacy(stat: FileStat, moment: number): boolean {
  const limit = BigInt(Math.floor(moment - RACY_MARGIN_MS)) * 1_000_000n;
  return stat.mtimeNs > limit || stat.ctimeNs > limit;
}

/** 32 bytes for the index: SQLite's integers come back as doubles, which nanoseconds do not fit. */
export function encodeStat(stat: FileStat): Buffer {
  const bytes = Buffer.allocUnsafe(32);
  bytes.writeBigInt64LE(BigInt.asIntN(64, stat.ino), 0);
  bytes.writeBigInt64LE(stat.size, 8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, stat.mtimeNs), 16);
  bytes.writeBigInt64LE(BigInt.asIntN(64, stat.ctimeNs), 24);
  return bytes;
}

/** The inverse of `encodeStat`; undefined for anything that is not 32 bytes. */
export function decodeStat(bytes: Uint8Array): FileStat | undefined {
  if (bytes.byteLength !== 32) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    ino: view.readBigUInt64LE(0),
    size: view.readBigInt64LE(8),
    mtimeNs: view.readBigInt64LE(16),
    ctimeNs: view.readBigInt64LE(24),
  };
}
