// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { BucketAddress } from "../address.ts";
import type { RequestOptions } from "../remote.ts";
import { Bucket } from "../s3/bucket.ts";
import type { BucketOptions } from "../s3/bucket-client.ts";
import { download } from "../s3/download.ts";
import { BLOBS, type CacheBucket, MANIFESTS, readCaches } from "./bucket-objects.ts";
import { changeBucket } from "./change-bucket.ts";
import type { ExportedCaches, ExportedLayer } from "./exported-caches.ts";

/** Caches of BuildKit's `type=s3` below a prefix. */
export function bucketCaches(name: string, address: BucketAddress, options: BucketOptions): ExportedCaches {
  const { url, prefix } = address;
  const bucket = new Bucket(name, address, options);
  const root = prefix === "" ? "" : `${prefix}/`;
  const at: CacheBucket = { bucket, root, manifests: root + MANIFESTS, blobs: root + BLOBS };
  return {
    ...{ kind: "bucket", name, url },
    read: (readOptions = {}) => readCaches(at, readOptions),
    content: (layer, contentOptions = {}) => content(at, layer, contentOptions),
    change: (changes, changeOptions = {}) => changeBucket(at, changes, changeOptions),
    close: () => bucket.close(),
  };
}

async function* content(
  { bucket, blobs }: CacheBucket,
  { descriptor: { digest } }: ExportedLayer,
  options: RequestOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const found = await download(bucket, `${blobs}${digest}`, options);
  if (found === undefined) {
    throw new GreenError("not-found", `The blob ${digest} is not there`, { side: bucket.side });
  }
  yield* found.pieces();
}
