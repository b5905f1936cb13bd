// SPDX-License-Identifier: MIT OR Apache-2.0
import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { Budget } from "./budget.ts";
import { Unsearchable } from "./unsearchable.ts";
import { zstdFrames } from "./zstd-frames.ts";

const DECOMPRESS = { zlib: inflateSync, gzip: gunzipSync, deflate: inflateRawSync } as const;

/** Decompresses one piece. Throws `Unsearchable` for what is damaged or holds too much. */
export function inflate(bytes: Buffer, method: keyof typeof DECOMPRESS | "zstd", budget: Budget): Buffer {
  const pieces = method === "zstd" ? zstdFrames(bytes) : [bytes];
  const decompress = method === "zstd" ? zstdDecompressSync : DECOMPRESS[method];
  const inflated = pieces.map((piece) => {
    const result = guarded(() => decompress(piece, { maxOutputLength: Math.max(1, budget.nextPiece) }));
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
