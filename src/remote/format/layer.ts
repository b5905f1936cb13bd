// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import type { Digest } from "../../unit/digest.ts";
import { type Descriptor, toOci } from "../descriptor.ts";
import { OCI_LAYER_ZSTD } from "../media-types.ts";
import type { BlobSource } from "../remote.ts";
import { DIFF_ID, TAR_SIZE } from "./annotations.ts";
import { TAR_END, type WrittenSegment } from "./segment.ts";

/** Files of a unit as layers have them, wherever that is kept. */
export interface Segment extends WrittenSegment {
  /** The bytes from an offset on; a piece is what it is until the next is asked for. */
  open(offset?: number): AsyncIterable<Uint8Array>;
}

/**
 * A layer of segments, one behind the other: nothing of it is made but its digest, for which all are read once.
 * Throws as reading does, and the signal's reason.
 */
export async function layerOf(segments: readonly Segment[], signal?: AbortSignal): Promise<BlobSource> {
  const end = zstdCompressSync(TAR_END);
  const parts: readonly Part[] = [
    ...segments,
    { size: end.length, open: (offset) => [end.subarray(offset)] },
  ];
  const open = (offset = 0) => bytesOf(parts, offset);
  const hash = createHash("sha256");
  for await (const piece of open()) {
    signal?.throwIfAborted();
    hash.update(piece);
  }
  const sumOf = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);
  const tarSize = sumOf(segments.map((segment) => segment.tarSize)) + TAR_END.length;
  const [only] = segments.length === 1 ? segments : [];
  const descriptor: Descriptor = {
    mediaType: OCI_LAYER_ZSTD,
    digest: toOci(hash.digest("hex") as Digest),
    size: sumOf(parts.map(({ size }) => size)),
    // The digest of a longer tar is of no use to anybody, and would take reading all files once more.
    annotations: { ...(only && { [DIFF_ID]: only.diffId }), [TAR_SIZE]: String(tarSize) },
  };
  return { descriptor, open };
}

interface Part {
  readonly size: number;
  open(offset: number): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

async function* bytesOf(parts: readonly Part[], offset: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const part of parts) {
    const from = Math.max(0, offset - at);
    if (from < part.size) yield* part.open(from);
    at += part.size;
  }
}
