// SPDX-License-Identifier: MIT OR Apache-2.0
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { allOrNone } from "../../at-once.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import type { AnnotatedScope } from "../../remote/format/annotations.ts";
import { type Groupable, groupUnits } from "../../remote/format/group-units.ts";
import { MAX_LAYERS } from "../../remote/format/limits.ts";
import { layerDescriptor, makePack, partTag } from "../../remote/format/pack.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import type { PackScope } from "../../remote/format/tag.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import { type LayerFile, writeLayer } from "../../remote/format/write-layer.ts";
import { OCI_MANIFEST } from "../../remote/media-types.ts";
import type { BlobSource, Remote, RemoteWriter } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import { type FoundPack, readPack } from "./find-pack.ts";
import type { UnplacedUnit } from "./pack-units.ts";

export type PushingStore = Pick<UnitStore, "content" | "read" | "scratchPath">;

export interface PushOptions {
  readonly signal?: AbortSignal | undefined;
  /** Send again what seems to be there: it may be damaged. */
  readonly force?: boolean | undefined;
  /** Told of bytes as they are sent. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** Layers that are made and sent at once. */
const CONCURRENCY = 3;
/** More layers than this for each so many units, and it is time to make them anew. */
const UNITS_PER_LAYER = 8;
/** Layers of a manifest: far from what registries allow. */
const LAYERS_PER_PART = MAX_LAYERS / 2;
/** Files up to here are read at once. */
const SMALL = 1024 * 1024; // 1 MiB

export interface PackToPush {
  readonly scope: PackScope;
  readonly id: string;
  readonly tag: string;
  /** All units of the build that may go there. */
  readonly units: readonly UnplacedUnit[];
  /** What the tag leads to now. */
  readonly existing: readonly FoundPack[];
}

/** What was sent. */
export interface Pushed {
  /** Bytes of layers. */
  readonly bytes: number;
  readonly layers: number;
}

/**
 * Makes a pack of these units and of those that the remote has already, and lets the tag lead to it, last: who
 * looks meanwhile sees the old one. Layers that are there are kept, unless they have become too many.
 */
export async function pushPack(
  { scope, id, tag, units, existing }: PackToPush,
  remote: Remote,
  store: PushingStore,
  options: PushOptions = {},
): Promise<Pushed> {
  const old = placesIn(existing);
  const kept = options.force === true ? [] : units.filter(({ record }) => old.has(record.instance));
  const oldLayers = new Set([...old.values()].flatMap(({ layer }) => layer?.digest ?? []));
  const isScattered = oldLayers.size > Math.max(UNITS_PER_LAYER, old.size / UNITS_PER_LAYER);
  const fresh = isScattered ? units : units.filter((unit) => !kept.includes(unit));
  const made = await makeLayers(fresh, remote, store, options);
  const mine = new Set(units.map(({ record }) => record.instance));
  const preKeys = new Set(units.map(({ record }) => record.preKey));
  // Another result of the same unit has had its day: who builds this now gets ours.
  const others = [...placesIn(await lately(existing, tag, remote, options)).values()].filter(
    ({ unit: { record } }) => !mine.has(record.instance) && !preKeys.has(record.preKey),
  );
  const placed = [
    ...others,
    ...units.map((unit) => ({
      unit,
      layer: fresh.includes(unit) ? made.layers.get(unit) : old.get(unit.record.instance)?.layer,
    })),
  ];
  await pushParts({ scope, id, tag, placed }, remote, options);
  return { bytes: made.bytes, layers: new Set(made.layers.values()).size };
}

function placesIn(packs: readonly FoundPack[]): ReadonlyMap<InstanceId, PlacedUnit> {
  return new Map(
    packs.flatMap(({ units, layers }) =>
      units.map((unit) => {
        const layer = unit.layer === undefined ? undefined : layers[unit.layer];
        return [unit.record.instance, { unit, layer }];
      }),
    ),
  );
}

/** What the tag leads to by now: somebody else may have pushed as well while layers were sent. */
async function lately(
  existing: readonly FoundPack[],
  tag: string,
  remote: Remote,
  options: PushOptions,
): Promise<readonly FoundPack[]> {
  if (options.force === true) return existing;
  const now = await remote.manifest(tag, options);
  return now === undefined || now.descriptor.digest === existing[0]?.digest
    ? existing
    : readPack(remote, tag, options);
}

/** A unit, and the layer that its files are in. */
export interface PlacedUnit {
  readonly unit: UnplacedUnit;
  readonly layer: Descriptor | undefined;
}

export interface PlacedPack {
  readonly scope: AnnotatedScope;
  readonly id: string;
  readonly tag: string;
  readonly placed: readonly PlacedUnit[];
}

/** Writes the configs and manifests of a pack whose layers are there; the tag leads to it last. */
export async function pushParts(
  { scope, id, tag, placed }: PlacedPack,
  remote: Remote,
  options: PushOptions,
): Promise<void> {
  const distinct = [
    ...new Map(placed.flatMap(({ layer }) => (layer ? [[layer.digest, layer]] : []))).values(),
  ];
  const of = Math.max(1, Math.ceil(distinct.length / LAYERS_PER_PART));
  // The first part is what the tag leads to: it comes last.
  for (let number = of; number >= 1; number--) {
    const layers = distinct.slice((number - 1) * LAYERS_PER_PART, number * LAYERS_PER_PART);
    const at = new Map(layers.map(({ digest }, position) => [digest, position]));
    const units = placed.flatMap(({ unit, layer }): readonly PackedUnit[] => {
      const position = layer === undefined ? undefined : at.get(layer.digest);
      const isHere = layer === undefined ? number === 1 : position !== undefined;
      return isHere ? [{ ...unit, layer: position }] : [];
    });
    const pack = makePack(scope, id, units, layers, { number, of });
    await remote.pushBlob(inMemory(pack.config.descriptor, pack.config.bytes), options);
    const manifest = { mediaType: OCI_MANIFEST, bytes: pack.manifest, tag: partTag(tag, number) };
    await remote.pushManifest(manifest, options);
  }
}

async function makeLayers(
  units: readonly UnplacedUnit[],
  remote: Remote,
  store: PushingStore,
  options: PushOptions,
): Promise<{ readonly layers: ReadonlyMap<UnplacedUnit, Descriptor>; readonly bytes: number }> {
  const groups = groupUnits(units.filter(({ record }) => record.outputs.length > 0).map(groupable));
  const layers = new Map<UnplacedUnit, Descriptor>();
  let bytes = 0;
  await allOrNone(CONCURRENCY, groups, options.signal, async (group, signal) => {
    const members = group.map(({ unit }) => unit);
    const descriptor = await makeLayer(members, remote, store, { ...options, signal });
    for (const unit of members) layers.set(unit, descriptor);
    bytes += descriptor.size;
  });
  return { layers, bytes };
}

function groupable(unit: UnplacedUnit): Groupable & { readonly unit: UnplacedUnit } {
  const { record } = unit;
  return {
    unit,
    package: record.identity.package,
    instance: record.instance,
    size: record.outputs.reduce((sum, { size }) => sum + size, 0),
    paths: record.outputs.map((output) => layerPath(record, output)),
  };
}

/** Makes one layer of all files of these units and sends it. */
export async function makeLayer(
  units: readonly Pick<PackedUnit, "record">[],
  remote: Remote,
  store: PushingStore,
  options: PushOptions,
): Promise<Descriptor> {
  const files = units.flatMap(({ record }) =>
    record.outputs.map((output): LayerFile => {
      const { digest, size, executable } = output;
      const open = async function* () {
        if (size > SMALL) yield* store.content(digest);
        else yield await store.read(digest);
      };
      return { path: layerPath(record, output), size, executable, open };
    }),
  );
  return sendLayer(files, remote, store, options);
}

/** Makes one layer of files and sends it. */
export async function sendLayer(
  files: readonly LayerFile[],
  remote: RemoteWriter,
  { scratchPath }: Pick<PushingStore, "scratchPath">,
  { signal, force, onSent }: PushOptions,
): Promise<Descriptor> {
  const path = scratchPath();
  try {
    const descriptor = layerDescriptor(await writeLayer(files, path, signal));
    const open = (offset = 0) => createReadStream(path, { start: offset });
    await remote.pushBlob({ descriptor, open }, { signal, force, onSent });
    return descriptor;
  } finally {
    await rm(path, { force: true });
  }
}

/** Bytes that are at hand. */
export function inMemory(descriptor: Descriptor, bytes: Uint8Array): BlobSource {
  return {
    descriptor,
    async *open(offset = 0) {
      yield bytes.subarray(offset);
    },
  };
}
