// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import type { Descriptor, OciDigest } from "../descriptor.ts";
import { manifestLinks } from "../manifest-links.ts";
import type { Remote, RequestOptions, StoredManifest } from "../remote.ts";
import { type CacheConfig, formatCacheConfig } from "./cache-config.ts";
import { type CacheManifest, changedManifest, parseCacheManifest } from "./cache-manifest.ts";
import type { CacheChange, CacheChanges, ExportedCache, ExportedLayer } from "./exported-caches.ts";

/** Tags that are looked behind at once. */
const CONCURRENCY = 8;

/** Manifests that tags led to, and the tags that are to go with them. */
type OldManifests = ReadonlyMap<OciDigest, readonly string[]>;

/**
 * Changes caches of a repository: tags get new manifests first, and old ones go if no tag leads to them any more. Blobs
 * are the registry's to free.
 */
export async function changeRegistry(
  remote: Remote,
  changes: readonly CacheChange[],
  options: RequestOptions,
): Promise<CacheChanges> {
  const old = new Map<OciDigest, readonly string[]>();
  for (const { cache, config } of changes) {
    const { digest, manifest } = await unchanged(remote, cache, options);
    const removed = old.get(digest) ?? [];
    old.set(digest, config === undefined ? [...removed, cache.name] : removed);
    if (config !== undefined) await writeCache(remote, cache.name, manifest, config, options);
  }
  const gone = new Set([...old.values()].flat());
  const needed = await neededStill(remote, gone, options);
  const { left, refusal } = await removeOld(remote, old, needed, options);
  const before = changes.flatMap(({ cache }) => [...cache.layers.values()]);
  const later = refusal === undefined ? unneededBytes(before, needed) : 0;
  return { left, refusal, freed: 0, later };
}

/** @throws GreenError "busy" if it is another one now, as somebody exported to it */
async function unchanged(
  remote: Remote,
  { name: tag, version }: ExportedCache,
  options: RequestOptions,
): Promise<{ readonly digest: OciDigest; readonly manifest: CacheManifest }> {
  const stored = await remote.manifest(tag, options);
  const manifest = stored === undefined ? undefined : parseCacheManifest(stored);
  if (stored !== undefined && manifest !== undefined && stored.descriptor.digest === version) {
    return { digest: stored.descriptor.digest, manifest };
  }
  throw new GreenError("busy", `The cache "${tag}" was changed meanwhile`, {
    ...{ side: remote.name, hint: "do it again when no build exports to it" },
  });
}

async function writeCache(
  remote: Remote,
  tag: string,
  manifest: CacheManifest,
  config: CacheConfig,
  options: RequestOptions,
): Promise<void> {
  const content = formatCacheConfig(config);
  const changed = changedManifest(manifest, content, new Set(config.layers.map(({ blob }) => blob)));
  const open = (from = 0) => once(content.subarray(from));
  await remote.pushBlob({ descriptor: changed.config, open }, options);
  await remote.pushManifest({ mediaType: manifest.mediaType, bytes: changed.bytes, tag }, options);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** All that tags lead to, but for those that are to go. */
async function neededStill(
  remote: Remote,
  gone: ReadonlySet<string>,
  options: RequestOptions,
): Promise<ReadonlySet<OciDigest>> {
  const needed = new Set<OciDigest>();
  const read = async (tag: string) => (gone.has(tag) ? undefined : remote.manifest(tag, options));
  for await (const stored of inOrder(CONCURRENCY, remote.tags(options), read)) {
    if (stored === undefined) continue;
    needed.add(stored.descriptor.digest);
    for (const { digest } of linksOf(stored, remote.name)) needed.add(digest);
  }
  return needed;
}

/** None for what is no manifest to us. */
function linksOf({ bytes }: StoredManifest, side: string): readonly Descriptor[] {
  try {
    const { blobs, manifests } = manifestLinks(bytes, side);
    return [...blobs, ...manifests];
  } catch {
    return [];
  }
}

/** A registry that refuses is not asked for the rest. */
async function removeOld(
  remote: Remote,
  old: OldManifests,
  needed: ReadonlySet<OciDigest>,
  options: RequestOptions,
): Promise<Pick<CacheChanges, "left" | "refusal">> {
  const left = new Set<string>();
  let refusal: GreenError | undefined;
  for (const [digest, tags] of old) {
    const kept = needed.has(digest);
    if (!kept && refusal === undefined) refusal = await refusalOf(remote.removeManifest(digest, options));
    if (kept || refusal !== undefined) for (const tag of tags) left.add(tag);
  }
  return { left, refusal };
}

async function refusalOf(removal: Promise<void>): Promise<GreenError | undefined> {
  try {
    await removal;
    return undefined;
  } catch (thrown) {
    if (thrown instanceof GreenError && thrown.code === "refused") return thrown;
    throw thrown;
  }
}

function unneededBytes(layers: readonly ExportedLayer[], needed: ReadonlySet<OciDigest>): number {
  const sizes = new Map(layers.map(({ descriptor: { digest, size } }) => [digest, size]));
  return [...sizes].reduce((sum, [digest, size]) => sum + (needed.has(digest) ? 0 : size), 0);
}
