// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import { digestOf } from "../../unit/digest.ts";
import type { RequestOptions } from "../remote.ts";
import type { Bucket } from "../s3/bucket.ts";
import { download } from "../s3/download.ts";
import { type ListedObject, listPage } from "../s3/list-keys.ts";
import { type CacheConfig, type CacheLayer, parseCacheConfig } from "./cache-config.ts";
import type { CacheReadOptions, ExportedCache, ExportedLayer } from "./exported-caches.ts";
import { isUnreadable } from "./unreadable.ts";

/** Manifests that are read at once. */
const CONCURRENCY = 8;
/** A manifest has some hundred bytes for a layer. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024; // 32 MiB

/** A part of a bucket that caches are in, as `cache/remotecache/s3/s3.go` of BuildKit 0.25 arranges it by default. */
export interface CacheBucket {
  readonly bucket: Bucket;
  /** What all keys begin with: empty, or with a slash at its end. */
  readonly root: string;
  /** What keys of manifests and blobs begin with. */
  readonly manifests: string;
  readonly blobs: string;
}

/** Names of the folders of manifests and blobs. */
export const MANIFESTS = "manifests/";
export const BLOBS = "blobs/";

/** Caches in the order of their names. */
export async function* readCaches(
  at: CacheBucket,
  options: CacheReadOptions,
): AsyncGenerator<ExportedCache, void, undefined> {
  const read = ({ key }: ListedObject) => readCache(at, key, options);
  const found = inOrder(CONCURRENCY, listed(at.bucket, at.manifests, options), read);
  for await (const cache of found) if (cache !== undefined) yield cache;
}

/** All objects whose keys begin with a prefix. */
export async function* listed(
  bucket: Bucket,
  prefix: string,
  { signal }: RequestOptions,
): AsyncGenerator<ListedObject, void, undefined> {
  for (let after = ""; ; ) {
    const { objects, more } = await listPage(bucket, prefix, { signal, after });
    yield* objects;
    if (!more) return;
    after = objects.at(-1)?.key ?? "";
  }
}

/** Undefined if it is gone meanwhile. */
export async function readManifest(
  { bucket, manifests }: CacheBucket,
  name: string,
  options: RequestOptions,
): Promise<Uint8Array | undefined> {
  const found = await download(bucket, `${manifests}${name}`, options);
  if (found === undefined) return undefined;
  if (found.size > MAX_MANIFEST_BYTES) {
    found.cancel();
    throw new GreenError("corrupt", `The cache "${name}" has a manifest of ${found.size} bytes`, {
      side: bucket.side,
    });
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of found.pieces()) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function readCache(
  at: CacheBucket,
  name: string,
  options: CacheReadOptions,
): Promise<ExportedCache | undefined> {
  try {
    const bytes = await readManifest(at, name, options);
    if (bytes === undefined) return undefined;
    const config = parseCacheConfig(bytes, `The cache "${name}"`);
    return { name, config, layers: layersOf(config), version: digestOf(bytes) };
  } catch (thrown) {
    if (!isUnreadable(thrown) || options.onUnreadable === undefined) throw thrown;
    options.onUnreadable(name, thrown);
    return undefined;
  }
}

function layersOf({ layers }: CacheConfig): ExportedCache["layers"] {
  return new Map(layers.map((layer) => [layer.blob, layerOf(layer)]));
}

function layerOf({ blob: digest, annotations }: CacheLayer): ExportedLayer {
  const { mediaType = "", size = 0, created } = annotations ?? {};
  return { descriptor: { mediaType, digest, size }, created };
}
