// SPDX-License-Identifier: MIT OR Apache-2.0
import type {
  BuildKitCache,
  CacheContent,
  CachedSource,
  CachedThing,
  CachedUnit,
} from "../broker/buildkit/buildkit-cache.ts";
import { sizeOf } from "../broker/buildkit/size-of.ts";
import { UNIT_KINDS } from "../unit/record.ts";

/** Where something is kept. */
export function buildkitJson({ name, kind }: BuildKitCache): object {
  return { name, kind };
}

/** A unit in a list. */
export function cachedUnitJson(unit: CachedUnit): object {
  const { identity, keys, privacy } = unit;
  return {
    ...identity,
    ...placeJson(unit),
    keys,
    ...(privacy !== undefined && { privacy: { class: privacy } }),
  };
}

/** A unit, or sources that were sent for units. */
export function cachedThingJson(thing: CachedUnit | CachedSource): object {
  return "identity" in thing ? cachedUnitJson(thing) : { source: thing.name, ...placeJson(thing) };
}

function placeJson({ id, cache, size, created, used, inUse }: CachedThing): object {
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    ...{ id, cache, size, inUse, created: time(created) },
    ...(used !== undefined && { used: time(used) }),
  };
}

/** Sums of what is kept. */
export function cacheStatsJson({ units, sources, others }: CacheContent): object {
  const sum = (some: readonly CachedThing[]) => ({ number: some.length, size: sizeOf(some) });
  const byRustc = [...Map.groupBy(units, ({ identity }) => identity.rustc)].sort(([a], [b]) =>
    a < b ? 1 : -1,
  );
  return {
    ...{ units: sum(units), sources: sum(sources), others: sum(others) },
    size: sizeOf([...units, ...sources, ...others]),
    caches: [...new Set([...units, ...others].flatMap(({ cache }) => cache ?? []))].sort(),
    kinds: UNIT_KINDS.map((kind) => ({
      kind,
      ...sum(units.filter(({ identity }) => identity.kind === kind)),
    })).filter(({ number }) => number > 0),
    rustc: byRustc.map(([rustc, some]) => ({ rustc, ...sum(some) })),
  };
}
