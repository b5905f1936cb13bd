// SPDX-License-Identifier: MIT OR Apache-2.0
import { versionsIn } from "../../store/version-range.ts";
import type { CacheContent, CachedSource, CachedUnit } from "./buildkit-cache.ts";

/** What goes: whatever any of these excludes. */
export interface CacheLimits {
  /** What was last used before this, milliseconds since the epoch; made, if it was never used again. */
  readonly unusedSince?: number;
  /** What was made before this, milliseconds since the epoch. */
  readonly madeBefore?: number;
  /** semver range: units that these releases compiled. */
  readonly rustc?: string;
  /** Of units that differ in nothing but version and result, all but the newest so many. */
  readonly keepLast?: number;
  /** The least recently used units and sources, until the rest has so many bytes. */
  readonly keepSize?: number;
}

/** Units and sources that go, the least recently used first. */
export type Excluded = readonly (CachedUnit | CachedSource)[];

/** What the limits exclude. What is in use stays, and so does what is kept for others. */
export function planCachePrune({ units, sources }: CacheContent, limits: CacheLimits): Excluded {
  const { unusedSince = Number.NEGATIVE_INFINITY, madeBefore = Number.NEGATIVE_INFINITY, rustc } = limits;
  const beyond = beyondLast(units, limits.keepLast);
  const all: Excluded = [...units, ...sources].sort((a, b) => lastUse(a) - lastUse(b));
  const gone = new Set(
    all.filter(
      (thing) =>
        lastUse(thing) < unusedSince ||
        thing.created < madeBefore ||
        ("identity" in thing &&
          rustc !== undefined &&
          versionsIn([thing.identity.rustc], rustc).length > 0) ||
        beyond.has(thing.id),
    ),
  );
  const isKept = (thing: CachedUnit | CachedSource) => thing.inUse || !gone.has(thing);
  let left = all.filter(isKept).reduce((sum, { size }) => sum + size, 0);
  for (const thing of all) {
    if (left <= (limits.keepSize ?? Number.POSITIVE_INFINITY)) break;
    if (thing.inUse || gone.has(thing)) continue;
    gone.add(thing);
    left -= thing.size;
  }
  return all.filter((thing) => !isKept(thing));
}

function lastUse({ used, created }: CachedUnit | CachedSource): number {
  return used ?? created;
}

/** In each exported cache by itself: they are used one by one. */
function beyondLast(units: readonly CachedUnit[], keep: number | undefined): ReadonlySet<string> {
  if (keep === undefined) return new Set();
  const newestFirst = [...units].sort((a, b) => b.created - a.created);
  const series = Map.groupBy(newestFirst, ({ identity: { version: _, ...what }, cache }) =>
    JSON.stringify([cache, Object.entries(what).sort()]),
  );
  return new Set([...series.values()].flatMap((each) => each.slice(keep)).map(({ id }) => id));
}
