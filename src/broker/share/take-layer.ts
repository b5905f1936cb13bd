// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ByteBudget } from "../../byte-budget.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import { tarSizeOf } from "../../remote/format/pack.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import type { UnitStore } from "../../store/store.ts";
import type { LayerSource } from "./layers-ahead.ts";
import { type FileToStage, type StageLayer, stageStream } from "./stage-layer.ts";

export type LayerStore = Pick<UnitStore, "scratchPath" | "adoptAll" | "discard">;

/** How files of a layer get into the store. */
export interface LayerWay {
  readonly store: LayerStore;
  /** Of all layers that are on their way. */
  readonly budget: ByteBudget;
  /** Unpacks those that fit into memory. */
  readonly stage: StageLayer;
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** A layer that has no more than this, compressed and not, is unpacked in memory. */
const IN_MEMORY = 96 * 1024 * 1024; // 96 MiB
/** Of others so much is in memory at most, in buffers of streams. */
const STREAMED = 32 * 1024 * 1024; // 32 MiB

/**
 * Puts the files of some units, all of which are in one layer, into the store, and nothing before all of the layer is
 * what its digest says, and each file what its record says. Throws as the remote and the store do, and "corrupt".
 */
export async function takeLayer(
  remote: LayerSource,
  layer: Descriptor,
  units: readonly PackedUnit[],
  { store, budget, stage, signal, onBytes }: LayerWay,
): Promise<void> {
  const what = `The layer ${layer.digest.slice(0, 19)} of "${remote.name}"`;
  const files = filesOf(units, store);
  const wanted = { what, tarSize: tarSizeOf(layer), files };
  const content = () => counted(remote.blob(layer, { signal }), onBytes);
  const whole = layer.size + wanted.tarSize;
  const isSmall = whole <= IN_MEMORY;
  try {
    await budget(isSmall ? whole : STREAMED, async () => {
      if (isSmall) await stage(content(), layer.size, wanted);
      else await stageStream(content(), wanted);
    });
    store.adoptAll(files);
  } catch (thrown) {
    await store.discard(files);
    throw thrown;
  }
}

/** The files of these units, each at its path in the layer. */
function filesOf(
  units: readonly PackedUnit[],
  store: Pick<LayerStore, "scratchPath">,
): readonly FileToStage[] {
  const outputs = new Map(
    units.flatMap(({ record }) => record.outputs.map((output) => [layerPath(record, output), output])),
  );
  return [...outputs].map(([name, { digest, size, executable }]) => {
    return { name, digest, size, executable, path: store.scratchPath() };
  });
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  onBytes: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}
