// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CachedThing } from "./buildkit-cache.ts";

/** Bytes of some things; what is kept once for several counts once. */
export function sizeOf(things: Iterable<CachedThing>): number {
  const sizes = new Map<string, number>();
  for (const { content, size } of things) sizes.set(content, size);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
