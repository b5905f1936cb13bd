// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Digest, digestOf } from "../unit/digest.ts";
import { fileStat, sameStat } from "./file-stat.ts";
import type { FileStat } from "./store.ts";

/** Up to this, hashing in place costs less (some 0.1 ms) than to wait for anything. */
const INLINE_LIMIT = 128 * 1024; // 128 KiB
/**
 * Above, it goes in slices that let others run, each about 0.8 ms of sha256. Another thread takes longer in all: it is
 * given a copy, for which the kernel must find memory.
 */
const SLICE = 1024 * 1024; // 1 MiB

export interface HashedFile {
  readonly digest: Digest;
  /** Bytes read. */
  readonly size: number;
  /** The file's stat when it was opened. */
  readonly stat: FileStat;
  /** False if the stat changed while it was read: the digest may be of a mixture. */
  readonly stable: boolean;
}

/** sha256 of bytes in memory. */
export async function hashBytes(bytes: Uint8Array): Promise<Digest> {
  if (bytes.byteLength <= INLINE_LIMIT) return digestOf(bytes);
  const sha256 = createHash("sha256");
  for (let at = 0; at < bytes.byteLength; at += SLICE) {
    sha256.update(bytes.subarray(at, at + SLICE));
    await nextTurn();
  }
  return sha256.digest("hex") as Digest;
}

async function hashSlices(handle: FileHandle, expected: bigint): Promise<{ digest: Digest; size: number }> {
  const sha256 = createHash("sha256");
  const slice = Buffer.allocUnsafe(expected < SLICE ? Number(expected) + 1 : SLICE);
  let size = 0;
  for (;;) {
    const { bytesRead } = await handle.read(slice, 0, slice.length, size);
    if (bytesRead === 0) return { digest: sha256.digest("hex") as Digest, size };
    sha256.update(slice.subarray(0, bytesRead));
    size += bytesRead;
  }
}

/** sha256 of an open file from its beginning, and whether it held still. */
export async function hashHandle(handle: FileHandle): Promise<HashedFile> {
  const stat = fileStat(await handle.stat({ bigint: true }));
  const result = await hashSlices(handle, stat.size);
  const after = fileStat(await handle.stat({ bigint: true }));
  return { ...result, stat, stable: sameStat(stat, after) && BigInt(result.size) === stat.size };
}

/** `hashHandle` of a path. Throws what `open` throws. */
export async function hashFile(path: string): Promise<HashedFile> {
  return hashSmall(path) ?? hashLarge(path);
}

/** Sources are many and small: five system calls at once take less than as many trips to the thread pool. */
function hashSmall(path: string): HashedFile | undefined {
  const descriptor = openSync(path, "r");
  try {
    const stat = fileStat(fstatSync(descriptor, { bigint: true }));
    if (stat.size > BigInt(INLINE_LIMIT)) return undefined;
    const bytes = readFileSync(descriptor);
    const after = fileStat(fstatSync(descriptor, { bigint: true }));
    const stable = sameStat(stat, after) && BigInt(bytes.byteLength) === stat.size;
    return { digest: digestOf(bytes), size: bytes.byteLength, stat, stable };
  } finally {
    closeSync(descriptor);
  }
}

async function hashLarge(path: string): Promise<HashedFile> {
  const handle = await open(path, "r");
  try {
    return await hashHandle(handle);
  } finally {
    await handle.close();
  }
}
