// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { GreenError } from "../../error.ts";
import type { Digest } from "../../unit/digest.ts";
import { type OciDigest, toOci } from "../descriptor.ts";
import { formatLongTarHeader, TAR_BLOCK, tarPadding } from "../tar-header.ts";
import { ZSTD_CHUNK } from "./limits.ts";

/** A file or, with `/` at its path's end, an empty directory. */
export interface LayerFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
  /** Its bytes; a piece is what it is until the next is asked for. */
  open(): AsyncIterable<Uint8Array>;
}

/** Goes up when equal files would give other bytes than before. */
export const SEGMENT_VERSION = 1;
/** The two empty blocks behind the last entry of a tar: a layer has them, its segments have not. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK);
/** zstd's own default: better ones take many times as long for a few percent. */
const LEVEL = 3;
/** More than a stream takes without having us wait until it is done with what it took. */
const GATHERED = 256 * 1024; // 256 KiB

/** What is known of files that were written as a part of a layer. */
export interface WrittenSegment {
  /** Bytes, compressed. */
  readonly size: number;
  /** Bytes of their entries. */
  readonly tarSize: number;
  /** Digest of the tar that they are by themselves: what images call a diff ID. */
  readonly diffId: OciDigest;
}

/**
 * Writes the entries of some files in a tar as one zstd frame, to be put behind others in a layer. The same files give
 * the same bytes: sorted, of nobody, and from 1970. Throws as reading them and writing to `destination` do, and the
 * signal's reason.
 */
export async function writeSegment(
  files: readonly LayerFile[],
  destination: string,
  signal?: AbortSignal,
): Promise<WrittenSegment> {
  const entries = entriesOf(files);
  const tarSize = entries.reduce((sum, { header, file }) => sum + header.length + padded(file.size), 0);
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const piece of gathered(entries)) {
      signal?.throwIfAborted();
      hash.update(piece);
      yield piece;
    }
  };
  const compressor = createZstdCompress({
    chunkSize: ZSTD_CHUNK,
    pledgedSrcSize: tarSize,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  const file = createWriteStream(destination, { flags: "wx" });
  await pipeline(hashed, compressor, file);
  return { size: file.bytesWritten, tarSize, diffId: toOci(hash.update(TAR_END).digest("hex") as Digest) };
}

interface Entry {
  readonly header: Uint8Array;
  readonly file: LayerFile;
}

function entriesOf(files: readonly LayerFile[]): readonly Entry[] {
  return files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((file) => {
      const isDirectory = file.path.endsWith("/");
      const mode = isDirectory || file.executable ? 0o755 : 0o644;
      const header = { name: file.path, size: file.size, type: isDirectory ? "5" : "0", mode };
      return { header: formatLongTarHeader(header), file };
    });
}

/** Each piece is a trip to another thread: small ones go together. */
async function* gathered(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  const flush = function* () {
    if (size > 0) yield Buffer.concat(small);
    small = [];
    size = 0;
  };
  for (const entry of entries) {
    for await (const piece of bytesOf(entry)) {
      if (size + piece.length > GATHERED) yield* flush();
      if (piece.length < GATHERED) {
        small.push(Buffer.from(piece));
        size += piece.length;
      } else yield piece;
    }
  }
  yield* flush();
}

async function* bytesOf({ header, file }: Entry): AsyncGenerator<Uint8Array> {
  yield header;
  let size = 0;
  for await (const piece of file.open()) {
    size += piece.length;
    yield piece;
  }
  if (size !== file.size) throw new GreenError("internal", `"${file.path}" has another size than was said`);
  yield Buffer.alloc(tarPadding(size));
}

function padded(size: number): number {
  return size + tarPadding(size);
}
