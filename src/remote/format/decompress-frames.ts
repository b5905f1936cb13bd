// SPDX-License-Identifier: MIT OR Apache-2.0
import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import { bytesOf } from "../../unit/leaks/bytes.ts";
import { zstdFrames } from "../../unit/leaks/zstd-frames.ts";
import { contentSize } from "../../zstd-format.ts";

const decompress = promisify(zstdDecompress);

/** So many frames are decompressed before they are asked for, each on a thread of libuv's. */
const AHEAD = 2;
/** The least that zlib takes. */
const MIN_CHUNK = 64;

/**
 * What the frames of zstd's decompress to, one after the other; together no more than `most` bytes, for which memory is
 * taken once. Throws RangeError beyond them, and what zlib and `zstdFrames` throw. When it has ended, in whatever way,
 * no thread looks at `compressed` any more.
 */
export async function* decompressFrames(compressed: Buffer, most: number): AsyncGenerator<Buffer> {
  const frames = zstdFrames(bytesOf(compressed)).map((frame) => frame.read(0, frame.length));
  const sizes = frames.map(contentSize);
  let rest = most - sizes.reduce((sum: number, size = 0) => sum + size, 0);
  if (rest < 0) throw new RangeError(`${most - rest} bytes are more than ${most}`);
  const begun = frames.map((): Promise<Buffer> | undefined => undefined);
  const begin = (at: number): Promise<Buffer> => {
    const known = begun[at];
    if (known !== undefined) return known;
    const started = decompressed(frames[at] ?? Buffer.alloc(0), sizes[at] ?? rest);
    started.catch(() => {}); // told when it is its turn
    begun[at] = started;
    return started;
  };
  try {
    for (const [at, size] of sizes.entries()) {
      const piece = begin(at);
      for (let next = at + 1; next <= at + AHEAD && sizes[next] !== undefined; next++) void begin(next);
      begun[at] = undefined;
      const bytes = await piece;
      if (size === undefined) rest -= bytes.length;
      yield bytes;
    }
  } finally {
    await Promise.allSettled(begun); // they read the memory of `compressed`
  }
}

async function decompressed(frame: Buffer, size: number): Promise<Buffer> {
  if (size === 0) return Buffer.alloc(0);
  // A byte more than there is: zlib takes more memory whenever all is used.
  return decompress(frame, { chunkSize: Math.max(size + 1, MIN_CHUNK), maxOutputLength: size });
}
