// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, hash, subtle } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Digest, digestOf } from "../unit/digest.ts";
import { fileStat, sameStat } from "./file-stat.ts";
import type { FileStat } from "./store.ts";

/** Up to this, hashing in place costs less (some 0.1 ms) than a trip to the thread pool. */
const INLINE_LIMIT = 128 * 1024; // 128 KiB
/** Up to this, a file is read at once and hashed by the thread pool; above, in slices that let others run. */
const WHOLE_LIMIT = 64 * 1024 * 1024; // 64 MiB
const SLICE = 1024 * 1024; // 1 MiB, about 0.8 ms of sha256

export interface HashedFile {
  readonly digest: Digest;
  /** Bytes read. */
  readonly size: number;
  /** The file's stat when it was opened. */
  readonly stat: FileStat;
  /** False if the stat changed while it was read: the digest may be of a mixture. */
  readonly stable: boolean;
}

/** sha256 of bytes in memory; big ones on the thread pool. */
export async function hashBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
  if (bytes.byteLength <= INLINE_LIMIT) return hash("sha256", bytes, "hex") as Digest;
  return Buffer.from(await subtle.digest("SHA-256", bytes)).toString("hex") as Digest;
}

async function hashSlices(handle: FileHandle): Promise<{ digest: Digest; size: number }> {
  const sha256 = createHash("sha256");
  const slice = Buffer.allocUnsafe(SLICE);
  let size = 0;
  for (;;) {
    const { bytesRead } = await handle.read(slice, 0, SLICE, size);
    if (bytesRead === 0) return { digest: sha256.digest("hex") as Digest, size };
    sha256.update(slice.subarray(0, bytesRead));
    size += bytesRead;
  }
}

/** In one read where the system allows: `FileHandle.readFile` would make a trip for every 512 KiB. */
async function readWhole(handle: FileHandle, size: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** sha256 of an open file from its beginning, and whether it held still. */
export async function hashHandle(handle: FileHandle): Promise<HashedFile> {
  const stat = fileStat(await handle.stat({ bigint: true }));
  let result: { digest: Digest; size: number };
  if (stat.size > BigInt(WHOLE_LIMIT)) {
    result = await hashSlices(handle);
  } else {
    const bytes = await readWhole(handle, Number(stat.size));
    result = { digest: await hashBytes(bytes), size: bytes.byteLength };
  }
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
