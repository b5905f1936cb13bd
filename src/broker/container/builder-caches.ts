// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { builderCaches } from "../../config/caches.ts";
import type { Config } from "../../config/config.ts";
import { GreenError } from "../../error.ts";
import { LayoutDirectory } from "../../remote/layout/layout-directory.ts";
import type { AwsCredentials } from "../../remote/s3/open-s3.ts";
import type { CacheEntry, CacheTarget } from "../../runner/buildkit/cache-entry.ts";
import type { CacheExporter } from "../../runner/container/cache-exporter.ts";
import type { WritableCaches } from "./export-caches.ts";

/** Caches as a builder is told of them. */
export interface PreparedCaches {
  readonly from: readonly CacheEntry[];
  /** Directories of this machine that some of them are in. */
  readonly directories: readonly string[];
  /** Has a builder write one. Throws as that does. */
  write(exporter: CacheExporter, ...what: Parameters<WritableCaches["write"]>): Promise<void>;
}

/** Credentials for buckets; undefined if there are none here: the builder may have its own. */
export type FindAwsCredentials = () => Promise<AwsCredentials | undefined>;

/** What BuildKit calls a cache in a directory if nobody says. */
const USUAL_TAG = "latest";

/**
 * What settings say of builders' caches, with what a builder must know besides: which manifest a directory's cache has
 * now, and credentials. A directory without a cache is passed over.
 */
export async function prepareCaches(
  config: Pick<Config, "cacheFrom" | "cacheTo" | "cacheImages">,
  findCredentials: FindAwsCredentials,
): Promise<PreparedCaches> {
  const { from, to } = builderCaches(config);
  const hasBuckets = [...from, ...to].some(({ type }) => type === "s3");
  // Without them the builder may have its own; if it has not, it says so.
  const credentials = hasBuckets ? await findCredentials().catch(() => undefined) : undefined;
  const found = await Promise.all(from.map(withManifest));
  return {
    from: found.flatMap((entry) => (entry === undefined ? [] : [withCredentials(entry, credentials)])),
    directories: [...new Set([...from, ...to].flatMap(({ attrs: { src, dest } }) => src ?? dest ?? []))],
    async write(exporter, target, units, attrs, signal) {
      const { visibility: _, ...entry } = withCredentials(target, credentials);
      const told = { ...entry, attrs: { ...entry.attrs, ...attrs } };
      await finishCache(target, await exporter.exportCache(units, told, signal));
    },
  };
}

async function withManifest(entry: CacheEntry): Promise<CacheEntry | undefined> {
  const { src, tag = USUAL_TAG, digest } = entry.attrs;
  if (entry.type !== "local" || src === undefined || digest !== undefined) return entry;
  const stored = await layoutAt(src)
    .manifest(tag)
    .catch(() => undefined);
  return stored && { ...entry, attrs: { ...entry.attrs, digest: stored.descriptor.digest } };
}

function withCredentials<T extends CacheEntry>(entry: T, credentials: AwsCredentials | undefined): T {
  if (entry.type !== "s3" || credentials === undefined) return entry;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const attrs = {
    ...{ ...entry.attrs, access_key_id: accessKeyId, secret_access_key: secretAccessKey },
    ...(sessionToken !== undefined && { session_token: sessionToken }),
  };
  return { ...entry, attrs };
}

/**
 * What is left to do when a cache was exported, whose manifest is an OCI descriptor in JSON.
 * A builder stores the blobs of a cache in a directory; that its tag leads to them, and to no others, is for us.
 */
async function finishCache({ type, attrs }: CacheTarget, manifest: string | undefined): Promise<void> {
  if (type === "s3") return;
  if (manifest === undefined) {
    throw new GreenError("refused", "The builder exported nothing", {
      hint: "it has no result that others could find: build once more, or update it",
    });
  }
  const { dest, tag = USUAL_TAG } = attrs;
  if (type !== "local" || dest === undefined) return;
  const { mediaType, digest } = JSON.parse(manifest) as { mediaType: string; digest: string };
  const bytes = await readFile(join(dest, "blobs", ...digest.split(":")));
  const layout = layoutAt(dest);
  const before = await layout.manifest(tag);
  const { digest: now } = await layout.pushManifest({ mediaType, bytes, tag });
  if (before !== undefined && before.descriptor.digest !== now) {
    await layout.removeManifest(before.descriptor.digest);
  }
}

function layoutAt(directory: string): LayoutDirectory {
  return new LayoutDirectory(directory, `oci-layout:${directory}`, directory);
}
