// SPDX-License-Identifier: MIT OR Apache-2.0
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { atOnce } from "../../at-once.ts";
import { GreenError } from "../../error.ts";
import { digestOf } from "../../unit/digest.ts";
import type { RequestOptions } from "../remote.ts";
import { isNoSuchKey } from "../s3/bucket-error.ts";
import { listFolders } from "../s3/list-folders.ts";
import type { ListedObject } from "../s3/list-keys.ts";
import { BLOBS, type CacheBucket, listed, MANIFESTS, readCaches, readManifest } from "./bucket-objects.ts";
import { formatCacheConfig } from "./cache-config.ts";
import type { CacheChange, CacheChanges, ExportedCache } from "./exported-caches.ts";

/** Objects that are removed at once. */
const CONCURRENCY = 8;
/**
 * Builders store blobs before the manifest that names them, and take those for theirs that are there: they see to it
 * that these are no older than a day (`touch_refresh`). What is younger than two may be about to be needed.
 */
const GRACE_MS = 2 * 24 * 60 * 60 * 1000; // 2 days

/** Of caches, and of a remote of ours in the same place (`src/remote/s3/README.md`). */
const KNOWN_FOLDERS: ReadonlySet<string> = new Set([MANIFESTS, BLOBS, "v2/", "tags/"]);

/** Changes caches of a bucket, and removes the blobs that no cache below its prefix needs. */
export async function changeBucket(
  at: CacheBucket,
  changes: readonly CacheChange[],
  options: RequestOptions,
): Promise<CacheChanges> {
  for (const { cache, config } of changes) {
    await checkUnchanged(at, cache, options);
    const key = `${at.manifests}${cache.name}`;
    if (config === undefined) await removeObject(at, key, options);
    else await putObject(at, key, formatCacheConfig(config), options);
  }
  return { left: new Set(), ...(await sweep(at, options)) };
}

/**
 * Removes blobs that no cache needs, and counts those that are too young for that. None is removed where there may be
 * caches that are not known: their blobs are among the others.
 */
async function sweep(
  at: CacheBucket,
  options: RequestOptions,
): Promise<Pick<CacheChanges, "refusal" | "freed" | "later">> {
  const { bucket, root } = at;
  const { names, more } = await listFolders(bucket, root, options);
  if (more || names.some((name) => !KNOWN_FOLDERS.has(name))) {
    return nothingSwept(`there is more than these caches below "/${root}", which may need them`, bucket);
  }
  // Blobs are listed first: what is stored meanwhile is in no list, and what is named meanwhile is in a manifest.
  const blobs: ListedObject[] = [];
  for await (const blob of listed(bucket, at.blobs, options)) blobs.push(blob);
  const needed = new Set<string>();
  let unreadable: string | undefined;
  const onUnreadable = (name: string) => {
    unreadable ??= name;
  };
  for await (const { layers } of readCaches(at, { ...options, onUnreadable })) {
    for (const digest of layers.keys()) needed.add(digest);
  }
  if (unreadable !== undefined) return nothingSwept(`the cache "${unreadable}" cannot be read`, bucket);
  const unneeded = blobs.filter(({ key }) => !needed.has(key));
  const before = Date.now() - GRACE_MS;
  const old = unneeded.filter(({ modified }) => modified < before);
  await atOnce(CONCURRENCY, old, ({ key }) => removeObject(at, `${at.blobs}${key}`, options));
  const sum = (some: readonly ListedObject[]) => some.reduce((total, { size }) => total + size, 0);
  return { freed: sum(old), later: sum(unneeded) - sum(old), refusal: undefined };
}

function nothingSwept(why: string, { side }: CacheBucket["bucket"]) {
  const hint = "let a lifecycle rule of the bucket remove blobs that were not written for some days";
  const refusal = new GreenError("refused", `No blob was removed: ${why}`, { side, hint });
  return { freed: 0, later: 0, refusal };
}

/** @throws GreenError "busy" if somebody exported to it since it was read */
async function checkUnchanged(
  at: CacheBucket,
  { name, version }: ExportedCache,
  options: RequestOptions,
): Promise<void> {
  const bytes = await readManifest(at, name, options);
  if (bytes !== undefined && digestOf(bytes) === version) return;
  throw new GreenError("busy", `The cache "${name}" was changed meanwhile`, {
    ...{ side: at.bucket.side, hint: "do it again when no build exports to it" },
  });
}

async function putObject(
  { bucket }: CacheBucket,
  key: string,
  bytes: Uint8Array,
  { signal }: RequestOptions,
): Promise<void> {
  const input = { Bucket: bucket.name, Key: key, Body: bytes, ContentLength: bytes.byteLength };
  await bucket.call((client, abortSignal) => client.send(new PutObjectCommand(input), { abortSignal }), {
    signal,
  });
}

async function removeObject({ bucket }: CacheBucket, key: string, { signal }: RequestOptions): Promise<void> {
  const command = new DeleteObjectCommand({ Bucket: bucket.name, Key: key });
  await bucket.call<unknown>(
    (client, abortSignal) => client.send(command, { abortSignal }),
    { signal },
    (thrown) => (isNoSuchKey(thrown) ? "gone" : undefined),
  );
}
