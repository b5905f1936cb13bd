// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Descriptor } from "../../remote/descriptor.ts";
import type { AnnotatedScope } from "../../remote/format/annotations.ts";
import { MAX_LAYERS } from "../../remote/format/limits.ts";
import { makePack, type Pack, partTag } from "../../remote/format/pack.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { OCI_MANIFEST } from "../../remote/media-types.ts";
import type { BlobSource, RemoteWriter } from "../../remote/remote.ts";
import type { UnplacedUnit } from "./pack-units.ts";
import type { PushOptions } from "./push-options.ts";

/** Layers of a manifest: far from what registries allow. */
const LAYERS_PER_PART = MAX_LAYERS / 2;

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

/** One manifest of a pack, with the tag that is to lead to it. */
export interface PackPart extends Pack {
  readonly tag: string;
}

/** The manifests and configs of a pack, the one first that the pack's own tag leads to. */
export function partsOf({ scope, id, tag, placed }: PlacedPack): readonly PackPart[] {
  const distinct = [
    ...new Map(placed.flatMap(({ layer }) => (layer ? [[layer.digest, layer]] : []))).values(),
  ];
  const of = Math.max(1, Math.ceil(distinct.length / LAYERS_PER_PART));
  return Array.from({ length: of }, (_, at) => {
    const layers = distinct.slice(at * LAYERS_PER_PART, (at + 1) * LAYERS_PER_PART);
    const positions = new Map(layers.map(({ digest }, position) => [digest, position]));
    const units = placed.flatMap(({ unit, layer }): readonly PackedUnit[] => {
      const position = layer === undefined ? undefined : positions.get(layer.digest);
      const isHere = layer === undefined ? at === 0 : position !== undefined;
      return isHere ? [{ ...unit, layer: position }] : [];
    });
    return { ...makePack(scope, id, units, layers, { number: at + 1, of }), tag: partTag(tag, at + 1) };
  });
}

/** Sends the configs of a pack's parts. */
export async function pushConfigs(
  parts: readonly PackPart[],
  remote: RemoteWriter,
  options: PushOptions,
): Promise<void> {
  await Promise.all(
    parts.map(async ({ config: { descriptor, bytes } }) => {
      options.onExpected?.(descriptor.size);
      const done = await remote.pushBlob(inMemory(descriptor, bytes), { ...options, isNews: true });
      if (done !== "sent") options.onExpected?.(-descriptor.size);
    }),
  );
}

/** Sends the manifests of a pack whose layers and configs are there, and lets the tags lead to them, the pack's own last. */
export async function pushManifests(
  parts: readonly PackPart[],
  remote: RemoteWriter,
  options: PushOptions,
): Promise<void> {
  for (const { manifest, tag } of parts.toReversed())
    await remote.pushManifest({ mediaType: OCI_MANIFEST, bytes: manifest, tag }, options);
}

/** Writes the configs and manifests of a pack whose layers are there; the tag leads to it last. */
export async function pushParts(pack: PlacedPack, remote: RemoteWriter, options: PushOptions): Promise<void> {
  const parts = partsOf(pack);
  await pushConfigs(parts, remote, options);
  await pushManifests(parts, remote, options);
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
