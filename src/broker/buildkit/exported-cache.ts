// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import type { ExportedCache, ExportedCaches, ExportedLayer } from "../../remote/buildkit/exported-caches.ts";
import { layerLabel } from "../../remote/buildkit/layer-label.ts";
import { withoutBlobs } from "../../remote/buildkit/without-blobs.ts";
import type { OciDigest } from "../../remote/descriptor.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import type { BuildKitCache, CachedThing, CachedUnit } from "./buildkit-cache.ts";
import type { KnownLayers } from "./known-layers.ts";
import type { LocalKnowledge } from "./local-knowledge.ts";

/** Layers that are looked into at once. */
const CONCURRENCY = 8;

/** A unit, and in which blob of its cache it is. */
interface Placed {
  readonly cache: ExportedCache;
  readonly blob: OciDigest;
}

/**
 * What builders exported of units to some place. What a layer is of is read from its beginning, once for all caches that
 * have it. A cache without a unit that had some is removed as a whole.
 */
export function exportedCache(caches: ExportedCaches, local: LocalKnowledge): BuildKitCache {
  const { name, kind } = caches;
  const placed = new Map<string, Placed>();
  /** Of each cache, the blobs that are units. */
  const unitsOf = new Map<ExportedCache, ReadonlySet<OciDigest>>();
  return {
    ...{ name, kind },
    async read(options) {
      const units: CachedUnit[] = [];
      const others: CachedThing[] = [];
      const found: ExportedCache[] = [];
      for await (const cache of caches.read(options)) found.push(cache);
      const labels = await readLabels(caches, found, local.layers, options.signal);
      for (const cache of found) {
        const own = new Set<OciDigest>();
        for (const [blob, layer] of cache.layers) {
          const identity = labels.get(blob);
          const thing = thingOf(cache, layer);
          placed.set(thing.id, { cache, blob });
          if (identity === undefined) others.push(thing);
          else {
            own.add(blob);
            units.push({ ...thing, identity, command: undefined, ...local.localUnit(identity, undefined) });
          }
        }
        unitsOf.set(cache, own);
      }
      return { units, sources: [], others };
    },
    async remove(things, signal) {
      const gone = things.flatMap(({ id }) => placed.get(id) ?? []);
      const changes = [...Map.groupBy(gone, ({ cache }) => cache)].map(([cache, members]) => {
        const blobs = new Set(members.map(({ blob }) => blob));
        const isEmptied = [...(unitsOf.get(cache) ?? [])].every((blob) => blobs.has(blob));
        return { cache, config: isEmptied ? undefined : withoutBlobs(cache.config, blobs) };
      });
      const { left, ...outcome } = await caches.change(changes, { signal });
      const isLeft = (id: string) => left.has(placed.get(id)?.cache.name ?? "");
      return { removed: new Set(things.map(({ id }) => id).filter((id) => !isLeft(id))), ...outcome };
    },
    close: () => caches.close(),
  };
}

/** Which of the layers of all caches are units. */
async function readLabels(
  caches: ExportedCaches,
  found: readonly ExportedCache[],
  known: KnownLayers,
  signal: AbortSignal,
): Promise<ReadonlyMap<OciDigest, UnitIdentity>> {
  const layers = new Map(found.flatMap(({ layers: own }) => [...own]));
  const read = async ([blob, layer]: readonly [OciDigest, ExportedLayer]) => {
    const remembered = known.find(blob);
    if (remembered !== undefined) return [blob, remembered] as const;
    const { mediaType } = layer.descriptor;
    const read = layerLabel(caches.content(layer, { signal }), mediaType).catch(unlessGone);
    const label = (await read) ?? "nothing";
    if (label !== GONE) known.note(blob, label);
    return [blob, label] as const;
  };
  const labels = new Map<OciDigest, UnitIdentity>();
  for await (const [blob, identity] of inOrder(CONCURRENCY, layers, read)) {
    if (typeof identity === "object") labels.set(blob, identity);
  }
  return labels;
}

const GONE = "gone";

/** A blob that is not there is of nothing now. */
function unlessGone(thrown: unknown): typeof GONE {
  if (thrown instanceof GreenError && thrown.code === "not-found") return GONE;
  throw thrown;
}

function thingOf({ name }: ExportedCache, { descriptor, created }: ExportedLayer): CachedThing {
  const { digest, size } = descriptor;
  return {
    ...{ id: `${name}@${digest}`, content: digest },
    ...{ size, created: created ?? 0, used: undefined, inUse: false, cache: name },
  };
}
