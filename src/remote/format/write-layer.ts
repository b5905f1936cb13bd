// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { pack } from "tar-stream";
import type { Digest } from "../../unit/digest.ts";
import { type OciDigest, toOci } from "../descriptor.ts";
import { ZSTD_CHUNK } from "./limits.ts";

/** A file or, with `/` at its path's end, an empty directory. */
export interface LayerFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
  open(): AsyncIterable<Uint8Array>;
}

export interface WrittenLayer {
  readonly digest: OciDigest;
  /** Bytes, compressed. */
  readonly size: number;
  /** Digest of the tar: what images call a diff ID. */
  readonly diffId: OciDigest;
  /** Bytes of the tar. */
  readonly tarSize: number;
}

/** zstd's own default: better ones take many times as long for a few percent. */
const LEVEL = 3;
const EPOCH = new Date(0);

/**
 * Writes files as one tar, compressed by zstd. The same files give the same bytes: sorted, of nobody, and from 1970.
 * Throws as reading them and writing to `destination` do, and the signal's reason.
 */
export async function writeLayer(
  files: readonly LayerFile[],
  destination: string,
  signal?: AbortSignal,
): Promise<WrittenLayer> {
  const tar = new Meter();
  const compressed = new Meter();
  const compressor = createZstdCompress({
    chunkSize: ZSTD_CHUNK,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  await pipeline(
    Readable.from(tarOf(files)),
    (source: AsyncIterable<Uint8Array>) => tar.through(source, signal),
    compressor,
    (source: AsyncIterable<Uint8Array>) => compressed.through(source),
    createWriteStream(destination, { flags: "wx" }),
  );
  return { digest: compressed.digest(), size: compressed.size, diffId: tar.digest(), tarSize: tar.size };
}

async function* tarOf(files: readonly LayerFile[]): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const filled = fill(archive, files);
  filled.catch((thrown: unknown) => archive.destroy(thrown instanceof Error ? thrown : undefined));
  for await (const chunk of archive) yield chunk as Uint8Array;
  await filled;
}

async function fill(archive: ReturnType<typeof pack>, files: readonly LayerFile[]): Promise<void> {
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const isDirectory = file.path.endsWith("/");
    const header = {
      name: file.path,
      mode: isDirectory || file.executable ? 0o755 : 0o644,
      mtime: EPOCH,
      uid: 0,
      gid: 0,
    };
    if (isDirectory) {
      archive.entry({ ...header, type: "directory" });
      continue;
    }
    await new Promise<void>((resolve, reject) => {
      const entry = archive.entry({ ...header, type: "file", size: file.size }, (error) =>
        error ? reject(error) : resolve(),
      );
      pipeline(Readable.from(file.open()), entry).catch(reject);
    });
  }
  archive.finalize();
}

/** Counts and digests what goes through. */
class Meter {
  size = 0;
  readonly #hash: Hash = createHash("sha256");

  async *through(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      this.size += chunk.length;
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  digest(): OciDigest {
    return toOci(this.#hash.digest("hex") as Digest);
  }
}
