// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable } from "node:stream";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { Limiter } from "../../limiter.ts";
import { ownPieces } from "../own-pieces.ts";
import type { BlobSource } from "../remote.ts";
import { verified } from "../verified.ts";
import type { Bucket } from "./bucket.ts";

/** A part, and what is sent whole. S3 wants 5 MiB at least, and allows 10,000 parts. */
const PART_BYTES = 8 * 1024 * 1024; // 8 MiB
const MAX_PARTS = 10_000;
/** Of one blob; as many are in memory, and one or two more. */
const PARTS_AT_ONCE = 3;
/** Large blobs at once; if further ones wait, memory does not grow with their number either. */
export const LARGE_AT_ONCE = 2;

/** Nobody changes what is named by its digest. */
export const FOREVER = "public, max-age=31536000, immutable";

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** Lets LARGE_AT_ONCE of the bucket's uploads in parts go on. */
  readonly large: Limiter;
}

/**
 * Stores a blob under a key: small ones at once, others in parts, so that memory does not grow with them. What is not
 * the bytes that the descriptor names is not stored. Throws what the source throws.
 */
export async function uploadBlob(
  bucket: Bucket,
  key: string,
  source: BlobSource,
  { signal, onSent, large }: UploadOptions,
): Promise<void> {
  const { size } = source.descriptor;
  const input = {
    ...{ Bucket: bucket.name, Key: key, ContentType: "application/octet-stream", CacheControl: FOREVER },
  };
  const failed: { thrown?: unknown } = {};
  const pieces = watched(verified(source.open(), source.descriptor, bucket.side), failed, signal);
  try {
    if (size <= PART_BYTES) {
      const body = Buffer.allocUnsafe(size);
      let at = 0;
      for await (const piece of pieces) {
        body.set(piece, at);
        at += piece.length;
      }
      await bucket.call(
        (client, abortSignal) =>
          client.send(new PutObjectCommand({ ...input, Body: body, ContentLength: size }), { abortSignal }),
        { signal },
      );
      onSent?.(size);
    } else {
      await large(() =>
        bucket.call((client, abort) => inParts(client, { ...input, Body: pieces }, size, abort, onSent), {
          signal,
        }),
      );
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    throw "thrown" in failed ? failed.thrown : thrown;
  }
}

interface PartsInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string;
  readonly CacheControl: string;
  readonly Body: AsyncIterable<Uint8Array>;
}

async function inParts(
  client: S3Client,
  input: PartsInput,
  size: number,
  signal: AbortSignal,
  onSent: UploadOptions["onSent"],
): Promise<void> {
  const partSize = Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS));
  const body = Readable.from(ownPieces(input.Body), { objectMode: false, highWaterMark: 256 * 1024 });
  const upload = new Upload({
    ...{ client, partSize, queueSize: PARTS_AT_ONCE },
    params: { ...input, Body: body },
  });
  let told = 0;
  upload.on("httpUploadProgress", ({ loaded = 0 }) => {
    if (loaded > told) onSent?.(loaded - told);
    told = Math.max(told, loaded);
  });
  const abort = () => {
    body.destroy();
    void upload.abort();
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    await upload.done();
  } finally {
    signal.removeEventListener("abort", abort);
    body.destroy();
  }
}

/** Remembers what the source threw: the SDK may wrap it. */
async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  failed: { thrown?: unknown },
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      yield piece;
    }
    signal?.throwIfAborted();
  } catch (thrown) {
    failed.thrown = thrown;
    throw thrown;
  }
}
