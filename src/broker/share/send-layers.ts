// SPDX-License-Identifier: MIT OR Apache-2.0
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { allOrNone } from "../../at-once.ts";
import { createLimiter, type Limiter } from "../../limiter.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import { type Groupable, groupUnits } from "../../remote/format/group-units.ts";
import { layerOf, type Segment } from "../../remote/format/layer.ts";
import { type LayerFile, writeSegment } from "../../remote/format/segment.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import type { RemoteWriter } from "../../remote/remote.ts";
import type { InstanceId } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import type { PushOptions } from "./push-options.ts";
import { type SegmentStore, segmentOf } from "./unit-segment.ts";
import { UploadEstimate } from "./upload-estimate.ts";

export type PushingStore = SegmentStore;

/** Segments that are made at once: two keep two processors busy, a third reads meanwhile. */
const MAKING = 3;
/** Layers that are made or sent at once. */
const UNDER_WAY = 6;

export interface LayerOptions extends PushOptions {
  /** Says when a part of a layer may be made. */
  readonly making?: Limiter | undefined;
  /** Told what a layer is as soon as that is known: before it is sent. */
  readonly onMade?: ((layer: Descriptor) => void) | undefined;
}

/** Layers on their way to a remote. */
export interface LayersUnderWay {
  /** By result, as soon as all are made; never, if one cannot be. */
  readonly made: Promise<ReadonlyMap<InstanceId, Descriptor>>;
  /** Resolves when all are there. */
  readonly sent: Promise<void>;
}

/** Makes layers of the files of results, of which small ones share one, and sends each as soon as it is made. */
export function sendLayers(
  records: readonly UnitRecord[],
  remote: RemoteWriter,
  store: PushingStore,
  options: PushOptions,
): LayersUnderWay {
  const units = records.filter(({ outputs }) => outputs.length > 0).map(groupable);
  const groups = groupUnits(units).toSorted((a, b) => sizeOf(b) - sizeOf(a)); // what takes longest begins first
  const layers = new Map<InstanceId, Descriptor>();
  const { promise: made, resolve } = Promise.withResolvers<typeof layers>();
  const making = createLimiter(MAKING);
  const estimate = new UploadEstimate(sizeOf(units), options.onExpected ?? (() => {}));
  let left = groups.length;
  if (left === 0) resolve(layers);
  const sent = allOrNone(UNDER_WAY, groups, options.signal, async (group, signal) => {
    const members = group.map(({ record }) => record);
    const onMade = (layer: Descriptor) => {
      estimate.made(sizeOf(group), layer.size);
      for (const { instance } of members) layers.set(instance, layer);
      left -= 1;
      if (left === 0) resolve(layers);
    };
    await makeLayer(members, remote, store, { ...options, signal, making, onMade });
  });
  return { made, sent };
}

function sizeOf(group: readonly Groupable[]): number {
  return group.reduce((sum, { size }) => sum + size, 0);
}

function groupable(record: UnitRecord): Groupable & { readonly record: UnitRecord } {
  return {
    record,
    package: record.identity.package,
    instance: record.instance,
    size: record.outputs.reduce((sum, { size }) => sum + size, 0),
    paths: record.outputs.map((output) => layerPath(record, output)),
  };
}

/** Makes one layer of all files of these results and sends it. */
export async function makeLayer(
  records: readonly UnitRecord[],
  remote: RemoteWriter,
  store: PushingStore,
  options: LayerOptions,
): Promise<Descriptor> {
  const { signal, making = (make) => make() } = options;
  const segments = new Map<UnitRecord, Segment>();
  await allOrNone(MAKING, records, signal, async (record, until) => {
    segments.set(record, await making(() => segmentOf(record, store, until)));
  });
  const inOrder = records.flatMap((record) => segments.get(record) ?? []);
  return sendLayer(inOrder, remote, options);
}

/** Makes one layer of files that are not the store's and sends it. */
export async function sendFiles(
  lists: readonly (readonly LayerFile[])[],
  remote: RemoteWriter,
  { scratchPath }: Pick<PushingStore, "scratchPath">,
  options: LayerOptions,
): Promise<Descriptor> {
  const paths: string[] = [];
  try {
    const segments: Segment[] = [];
    for (const files of lists) {
      const path = scratchPath();
      paths.push(path);
      const open = (start = 0) => createReadStream(path, { start });
      segments.push({ ...(await writeSegment(files, path, options.signal)), open });
    }
    return await sendLayer(segments, remote, options);
  } finally {
    for (const path of paths) await rm(path, { force: true });
  }
}

async function sendLayer(
  segments: readonly Segment[],
  remote: RemoteWriter,
  { signal, force, onSent, onExpected, onMade }: LayerOptions,
): Promise<Descriptor> {
  const layer = await layerOf(segments, signal);
  const { descriptor } = layer;
  onMade?.(descriptor);
  const done = await remote.pushBlob(layer, { signal, force, onSent, isNews: true });
  if (onMade !== undefined && done !== "sent") onExpected?.(-descriptor.size);
  return descriptor;
}
