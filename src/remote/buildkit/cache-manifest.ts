// SPDX-License-Identifier: MIT OR Apache-2.0

import { digestOf } from "../../unit/digest.ts";
import { type Descriptor, type OciDigest, toOci } from "../descriptor.ts";
import { isObject, parseDescriptor } from "../manifest-links.ts";
import { BUILDKIT_CACHE_CONFIG } from "../media-types.ts";
import type { StoredManifest } from "../remote.ts";

/**
 * A manifest of a cache, in either of the forms that BuildKit has: an image whose config is the cache's
 * (`image-manifest=true`), or an index that lists blobs.
 */
export interface CacheManifest {
  readonly form: "image" | "index";
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly document: Readonly<Record<string, unknown>>;
}

/** Undefined for a manifest of anything else. */
export function parseCacheManifest({ descriptor, bytes }: StoredManifest): CacheManifest | undefined {
  const document = parsed(bytes);
  if (!isObject(document)) return undefined;
  const { config, layers, manifests } = document;
  const { mediaType } = descriptor;
  const own = parseDescriptor(config);
  if (own?.mediaType === BUILDKIT_CACHE_CONFIG) {
    return { form: "image", mediaType, config: own, layers: descriptors(layers), document };
  }
  const all = descriptors(manifests);
  const listed = all.find((each) => each.mediaType === BUILDKIT_CACHE_CONFIG);
  if (listed === undefined) return undefined;
  return {
    ...{ form: "index", mediaType, config: listed, document },
    layers: all.filter((each) => each !== listed),
  };
}

/** The same manifest for another config, with those layers that this still has. */
export function changedManifest(
  { form, layers, document }: CacheManifest,
  config: Uint8Array,
  blobs: ReadonlySet<OciDigest>,
): { readonly config: Descriptor; readonly bytes: Uint8Array } {
  const descriptor = {
    ...{ mediaType: BUILDKIT_CACHE_CONFIG, digest: toOci(digestOf(config)), size: config.length },
  };
  const left = layers.filter(({ digest }) => blobs.has(digest));
  const fields =
    form === "image" ? { config: descriptor, layers: left } : { manifests: [...left, descriptor] };
  return { config: descriptor, bytes: Buffer.from(JSON.stringify({ ...document, ...fields })) };
}

function descriptors(value: unknown): readonly Descriptor[] {
  return Array.isArray(value) ? value.flatMap((each) => parseDescriptor(each) ?? []) : [];
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
