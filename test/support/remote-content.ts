// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { type Descriptor, toOci } from "../../src/remote/descriptor.ts";
import { OCI_IMAGE_CONFIG, OCI_INDEX, OCI_LAYER_ZSTD, OCI_MANIFEST } from "../../src/remote/media-types.ts";
import type { BlobSource, NewManifest, RemoteWriter } from "../../src/remote/remote.ts";
import { digestOf } from "../../src/unit/digest.ts";

/** A blob in memory, given out in pieces of which each takes the place of the one before. */
export interface TestBlob extends BlobSource {
  readonly bytes: Uint8Array;
}

const PIECE = 60_000; // Bytes; divides nothing that anybody buffers by.

export function blobOf(bytes: Uint8Array | string, mediaType: string = OCI_LAYER_ZSTD): TestBlob {
  const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return {
    bytes: data,
    descriptor: descriptorOf(data, mediaType),
    async *open(offset = 0) {
      const memory = Buffer.alloc(PIECE);
      for (let at = offset; at < data.length; at += PIECE) {
        const piece = data.subarray(at, at + PIECE);
        memory.set(piece);
        yield memory.subarray(0, piece.length);
        memory.fill(0);
      }
    },
  };
}

/** A blob that nobody has seen before. */
export function randomBlob(size: number): TestBlob {
  return blobOf(randomBytes(size));
}

export function descriptorOf(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: toOci(digestOf(bytes)), size: bytes.length };
}

/** A manifest of some blobs; the first is the config. */
export function manifestOf(
  config: Descriptor,
  layers: readonly Descriptor[] = [],
  annotations: Readonly<Record<string, string>> = {},
): NewManifest {
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers, annotations };
  return { mediaType: OCI_MANIFEST, bytes: Buffer.from(JSON.stringify(document)) };
}

export function indexOf(manifests: readonly Descriptor[]): NewManifest {
  const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  return { mediaType: OCI_INDEX, bytes: Buffer.from(JSON.stringify(document)) };
}

/** Pushes a small image that differs from all others if `text` does. */
export async function pushImage(remote: RemoteWriter, text: string, tag?: string): Promise<Descriptor> {
  const config = blobOf("{}", OCI_IMAGE_CONFIG);
  const layer = blobOf(text);
  await Promise.all([remote.pushBlob(config), remote.pushBlob(layer)]);
  return remote.pushManifest({ ...manifestOf(config.descriptor, [layer.descriptor]), tag });
}

export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All pieces in one. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await listed(pieces));
}
