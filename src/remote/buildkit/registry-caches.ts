// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import type { Descriptor } from "../descriptor.ts";
import type { Remote, RequestOptions } from "../remote.ts";
import { parseCacheConfig, parseTime } from "./cache-config.ts";
import { parseCacheManifest } from "./cache-manifest.ts";
import { changeRegistry } from "./change-registry.ts";
import type { CacheReadOptions, ExportedCache, ExportedCaches, ExportedLayer } from "./exported-caches.ts";
import { isUnreadable } from "./unreadable.ts";

/** Tags that are looked behind at once. */
const CONCURRENCY = 8;
/** A config has some hundred bytes for a layer; BuildKit itself reads no more than 1 MiB. */
const MAX_CONFIG_BYTES = 32 * 1024 * 1024; // 32 MiB
/** When BuildKit made a layer. */
const CREATED = "buildkit/createdat";

/** Caches in a repository: `type=registry` of BuildKit, a tag for each. Closing them closes the remote. */
export function registryCaches(remote: Remote): ExportedCaches {
  const { name, url } = remote;
  return {
    ...{ kind: "registry", name, url },
    async *read(options = {}) {
      const read = (tag: string) => readCache(remote, tag, options);
      for await (const cache of inOrder(CONCURRENCY, remote.tags(options), read)) {
        if (cache !== undefined) yield cache;
      }
    },
    content: ({ descriptor }, options) => remote.blob(descriptor, options),
    change: (changes, options = {}) => changeRegistry(remote, changes, options),
    close: () => remote.close(),
  };
}

/** Undefined if what the tag leads to is no cache. */
async function readCache(
  remote: Remote,
  tag: string,
  options: CacheReadOptions,
): Promise<ExportedCache | undefined> {
  try {
    const stored = await remote.manifest(tag, options);
    const manifest = stored === undefined ? undefined : parseCacheManifest(stored);
    if (stored === undefined || manifest === undefined) return undefined;
    const config = await readConfig(remote, manifest.config, options);
    return {
      name: tag,
      config: parseCacheConfig(config, `The cache "${tag}"`),
      layers: new Map(manifest.layers.map((descriptor) => [descriptor.digest, layerOf(descriptor)])),
      version: stored.descriptor.digest,
    };
  } catch (thrown) {
    if (!isUnreadable(thrown) || options.onUnreadable === undefined) throw thrown;
    options.onUnreadable(tag, thrown);
    return undefined;
  }
}

function layerOf(descriptor: Descriptor): ExportedLayer {
  return { descriptor, created: parseTime(descriptor.annotations?.[CREATED]) };
}

async function readConfig(
  remote: Remote,
  descriptor: Descriptor,
  options: RequestOptions,
): Promise<Uint8Array> {
  if (descriptor.size > MAX_CONFIG_BYTES) {
    throw new GreenError("corrupt", `A cache's config of ${descriptor.size} bytes is too large`, {
      side: remote.name,
    });
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of remote.blob(descriptor, options)) pieces.push(piece);
  return Buffer.concat(pieces);
}
