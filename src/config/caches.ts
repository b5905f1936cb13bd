// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CacheEntry, CacheTarget } from "../runner/buildkit/cache-entry.ts";
import type { Config } from "./config.ts";

/** Caches that builders read and write. */
export interface BuilderCaches {
  readonly from: readonly CacheEntry[];
  readonly to: readonly CacheTarget[];
}

/** What settings say of builders' caches: `cache-from`, `cache-to`, and `cache-images`, which are both. */
export function builderCaches({
  cacheFrom,
  cacheTo,
  cacheImages,
}: Pick<Config, "cacheFrom" | "cacheTo" | "cacheImages">): BuilderCaches {
  const images = cacheImages.map((image): CacheEntry => {
    return { type: "registry", attrs: { ref: image.replace(IMAGE_SCHEME, "") } };
  });
  return {
    from: [...cacheFrom, ...images],
    to: [
      ...cacheTo,
      ...images.map(({ type, attrs }): CacheTarget => {
        return { type, attrs: { ...attrs, mode: "max" }, visibility: "public" };
      }),
    ],
  };
}

/** The earlier cargo-green wanted it. */
const IMAGE_SCHEME = /^docker-image:\/\//;
