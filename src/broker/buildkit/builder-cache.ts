// SPDX-License-Identifier: MIT OR Apache-2.0

import { isOciDigest } from "../../remote/descriptor.ts";
import type { BuilderControl, BuilderRecord } from "../../runner/buildkit/control.ts";
import { describedRecord } from "../../runner/buildkit/described-record.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import type { BuildKitCache, CacheContent, CachedSource, CachedThing, CachedUnit } from "./buildkit-cache.ts";
import type { KnownLayers } from "./known-layers.ts";
import type { LocalKnowledge } from "./local-knowledge.ts";

/**
 * What a builder has of units, as its own records tell. What it imported from a cache says nothing, but is known by its
 * layer if that was looked into.
 */
export function builderCache(control: BuilderControl, local: LocalKnowledge): BuildKitCache {
  return {
    name: control.name,
    kind: "builder",
    async read() {
      return sorted(await control.records(), local);
    },
    async remove(things) {
      const removed = await control.remove(things.map(({ id }) => id));
      return {
        removed: new Set(removed.map(({ id }) => id)),
        freed: removed.reduce((sum, { size, shared }) => sum + (shared ? 0 : size), 0),
        ...{ later: 0, refusal: undefined },
      };
    },
    close: () => control.close(),
  };
}

function sorted(records: readonly BuilderRecord[], { localUnit, layers }: LocalKnowledge): CacheContent {
  const units: CachedUnit[] = [];
  const sources: CachedSource[] = [];
  const others: CachedThing[] = [];
  for (const { id, size, created, used, inUse, description } of records) {
    const thing: CachedThing = { id, content: id, size, created, used, inUse, cache: undefined };
    const what = describedRecord(description);
    if (what.kind === "source") sources.push({ ...thing, name: what.name });
    else if (what.kind === "unit") {
      const { identity, metadata, command } = what;
      units.push({ ...thing, identity, command, ...localUnit(identity, metadata) });
    } else {
      const identity = what.kind === "imported" ? importedUnit(what.digest, layers) : undefined;
      if (identity === undefined) others.push(thing);
      else units.push({ ...thing, identity, command: undefined, ...localUnit(identity, undefined) });
    }
  }
  return { units, sources, others };
}

function importedUnit(digest: string, layers: KnownLayers): UnitIdentity | undefined {
  const known = isOciDigest(digest) ? layers.find(digest) : undefined;
  return known === "nothing" ? undefined : known;
}
