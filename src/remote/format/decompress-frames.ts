// SPDX-License-Identifier: MIT OR Apache-2.0
import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import { contentSize, isSkippable, ZSTD_MAGIC } from "../../zstd-format.ts";

const decompress = promisify(zstdDecompress);

/** So many frames are decompressed before they are asked for, each on a thread of libuv's. */
const AHEAD = 2;
/** The least that zlib takes. */
const MIN_CHUNK = 64;
/** Of a frame, in bytes. */
const LONGEST_HEADER = 18;

/**
 * What frames of zstd's decompress to, one after the other; together no more than `most` bytes, for which memory is
 * taken once. Throws RangeError beyond them, and what zlib and the frames throw. When it has ended, in whatever way, no
 * thread looks at a frame any more.
 */
export async function* decompressFrames(frames: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  const begun: Promise<Buffer>[] = [];
  let rest = most;
  const begin = (frame: Buffer, size: number) => {
    const started = decompressed(frame, size);
    started.catch(() => {}); // told when it is its turn
    begun.push(started);
  };
  const finish = async function* (ahead: number) {
    while (begun.length > ahead) {
      const [first] = begun;
      if (first !== undefined) yield await first;
      begun.shift();
    }
  };
  try {
    for await (const frame of frames) {
      if (isSkipped(frame)) continue;
      const size = sizeIn(frame);
      if (size !== undefined) {
        rest -= size;
        if (rest < 0) throw new RangeError(`${most - rest} bytes are more than ${most}`);
        begin(frame, size);
        yield* finish(AHEAD);
      } else {
        yield* finish(0);
        begin(frame, rest); // which takes what there is, so nothing goes beside it
        for await (const bytes of finish(0)) {
          rest -= bytes.length;
          yield bytes;
        }
      }
    }
    yield* finish(0);
  } finally {
    await Promise.allSettled(begun); // they read the memory of frames
  }
}

function isSkipped(frame: Buffer): boolean {
  return frame.length >= 4 && isSkippable(frame.readUInt32LE());
}

/** Undefined also of what is no frame, or not all of one: zlib says so. */
function sizeIn(frame: Buffer): number | undefined {
  const header = Buffer.concat([frame.subarray(0, LONGEST_HEADER)], LONGEST_HEADER);
  return header.readUInt32LE() === ZSTD_MAGIC ? contentSize(header) : undefined;
}

async function decompressed(frame: Buffer, size: number): Promise<Buffer> {
  if (size === 0) return Buffer.alloc(0);
  // A byte more than there is: zlib takes more memory whenever all is used.
  return decompress(frame, { chunkSize: Math.max(size + 1, MIN_CHUNK), maxOutputLength: size });
}
