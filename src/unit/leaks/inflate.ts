// SPDX-License-Identifier: MIT OR Apache-2.0
import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { Budget } from "./budget.ts";
import type { Bytes } from "./bytes.ts";
import { Unsearchable } from "./unsearchable.ts";
import { zstdFrames } from "./zstd-frames.ts";

const DECOMPRESS = { zlib: inflateSync, gzip: gunzipSync, deflate: inflateRawSync } as const;
/** Of what does not say its size, so much is decompressed at once. */
const CHUNK = 256 * 1024; // 256 KiB

/**
 * Decompresses one piece.
 * @param size bytes that it says it has when it is decompressed: then they are written to one piece of memory
 * Throws `Unsearchable` for what is damaged or holds too much.
 */
export function inflate(
  bytes: Bytes,
  method: keyof typeof DECOMPRESS | "zstd",
  budget: Budget,
  size?: number,
): Buffer {
  if (size !== undefined) budget.expect(size);
  const pieces = method === "zstd" ? zstdFrames(bytes) : [bytes];
  const decompress = method === "zstd" ? zstdDecompressSync : DECOMPRESS[method];
  const inflated = pieces.map((piece) => {
    budget.expect(piece.length);
    const sizes = {
      maxOutputLength: Math.max(1, budget.nextPiece),
      chunkSize: size === undefined || pieces.length > 1 ? CHUNK : Math.max(CHUNK, size + 1),
    };
    const result = guarded(() => decompress(piece.read(0, piece.length), sizes));
    budget.spend(result.length);
    return result;
  });
  return inflated.length === 1 && inflated[0] !== undefined ? inflated[0] : Buffer.concat(inflated);
}

function guarded(decompress: () => Buffer): Buffer {
  try {
    return decompress();
  } catch (thrown) {
    throw new Unsearchable("it cannot be decompressed", { cause: thrown });
  }
}
