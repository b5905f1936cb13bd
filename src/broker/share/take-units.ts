// SPDX-License-Identifier: MIT OR Apache-2.0
import { atOnce } from "../../at-once.ts";
import { createByteBudget } from "../../byte-budget.ts";
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import type { UnitStore } from "../../store/store.ts";
import type { LayerSource } from "./layers-ahead.ts";
import { mergeEntry } from "./merge-entry.ts";
import { type StageLayer, stageLayer } from "./stage-layer.ts";
import { type LayerStore, takeLayer } from "./take-layer.ts";

/** Units whose layers are in one remote. */
export interface RemoteUnits {
  readonly remote: LayerSource;
  readonly layers: readonly Descriptor[];
  /** Those that are wanted, in any order. */
  readonly wanted: readonly PackedUnit[];
}

export type TakingStore = LayerStore &
  Pick<UnitStore, "present" | "putAll" | "replays" | "putReplay" | "flush">;

export interface TakeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Told how many bytes more are to arrive than was said before. */
  readonly onExpected?: ((bytes: number) => void) | undefined;
  /** Unpacks layers. Default: here, in this thread. */
  readonly stage?: StageLayer | undefined;
}

/** Layers that are fetched at once. */
const CONCURRENCY = 6;
/** So many bytes of layers are held at once. */
const HELD = 128 * 1024 * 1024; // 128 MiB

/**
 * Brings units from a remote into the store: layers in parallel, each unpacked as it arrives, and nothing of it kept
 * before all of it is what its digest says. Units of a layer that cannot be had are left out; the first error is
 * thrown when all others are in, or as soon as the remote is found to answer no more.
 */
export async function takeUnits(
  units: RemoteUnits,
  store: TakingStore,
  options: TakeOptions = {},
): Promise<readonly PackedUnit[]> {
  const digests = units.wanted.flatMap(({ record }) => record.outputs.map(({ digest }) => digest));
  const there = store.present([...new Set(digests)]);
  const isHere = ({ record }: PackedUnit) => record.outputs.every(({ digest }) => there.has(digest));
  const lacking = units.wanted.filter((unit) => !isHere(unit));
  const layers = largestFirst(new Set(lacking.flatMap(({ layer }) => layer ?? [])), units.layers);
  options.onExpected?.(layers.reduce((sum, at) => sum + (units.layers[at]?.size ?? 0), 0));
  const taken = units.wanted.filter(isHere);
  keepRecords(taken, store);
  const failures: unknown[] = [];
  const { signal, onBytes, stage = stageLayer } = options;
  const way = { store, stage, signal, onBytes, budget: createByteBudget(HELD) };
  let isOver = false;
  await atOnce(CONCURRENCY, layers, async (layer) => {
    if (isOver) return;
    try {
      const came = lacking.filter((unit) => unit.layer === layer);
      await takeLayer(units.remote, layerAt(units, layer), came, way);
      keepRecords(came, store);
      taken.push(...came);
    } catch (thrown) {
      failures.push(thrown);
      isOver ||= signal?.aborted === true || isOff(thrown);
    }
  });
  store.flush();
  if (failures.length > 0) throw failures[0];
  return taken;
}

/** What takes longest begins first. */
function largestFirst(wanted: Iterable<number>, layers: readonly Descriptor[]): readonly number[] {
  const size = (at: number) => layers[at]?.size ?? 0;
  return [...wanted].sort((a, b) => size(b) - size(a));
}

/** True if the next layer would be asked for in vain. */
function isOff(thrown: unknown): boolean {
  return thrown instanceof GreenError && (thrown.code === "unreachable" || thrown.code === "denied");
}

function layerAt({ layers }: RemoteUnits, at: number): Descriptor {
  const layer = layers[at];
  if (layer === undefined) throw new GreenError("internal", `There is no layer ${at}`);
  return layer;
}

function keepRecords(units: readonly PackedUnit[], store: TakingStore): void {
  if (units.length === 0) return;
  store.putAll(units.map(({ record }) => record));
  const known = store.replays(units.flatMap(({ replays }) => replays.map(({ plan }) => plan)));
  for (const { record, replays } of units) {
    for (const { plan, entry } of replays) {
      const here = known.get(plan)?.find(({ instance }) => instance === record.instance);
      const merged = mergeEntry(here?.entry, entry, record);
      if (merged !== undefined) store.putReplay(plan, { instance: record.instance, entry: merged });
    }
  }
}
