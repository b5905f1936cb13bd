// SPDX-License-Identifier: MIT OR Apache-2.0
// Packs as somebody who means harm would make them.
import { zstdCompressSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import type { Descriptor } from "../../src/remote/descriptor.ts";
import { TAR_SIZE } from "../../src/remote/format/annotations.ts";
import { describe, encodeManifest } from "../../src/remote/format/manifest.ts";
import { readPackManifest } from "../../src/remote/format/pack.ts";
import { decodePackConfig, encodePackConfig, type PackedUnit } from "../../src/remote/format/pack-config.ts";
import { readLayer } from "../../src/remote/format/read-layer.ts";
import { layerPath } from "../../src/remote/format/unit-paths.ts";
import { OCI_LAYER_ZSTD, OCI_MANIFEST, PACK_ARTIFACT, PACK_CONFIG } from "../../src/remote/media-types.ts";
import type { Remote } from "../../src/remote/remote.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { instanceOf } from "../../src/unit/key.ts";
import { primaryOutputs } from "../../src/unit/primary-outputs.ts";
import type { UnitRecord } from "../../src/unit/record.ts";
import { collect } from "./remote-content.ts";

export interface TarEntry {
  readonly header: Partial<Header> & { readonly name: string };
  readonly content?: Uint8Array;
}

/** An honest pack, taken apart. */
export interface OpenPack {
  readonly tag: string;
  /** Digest of its config. */
  readonly config: string;
  readonly units: readonly PackedUnit[];
  /** Of each layer. */
  readonly layers: readonly (readonly TarEntry[])[];
}

/** How a pack is put together again; what is left out is as it should be. */
export interface Forgery {
  readonly units?: readonly PackedUnit[];
  readonly layers?: readonly (readonly TarEntry[])[];
  /** In place of the bytes of all layers. */
  readonly layerBytes?: Uint8Array;
  /** Of all layers. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** In place of the config's bytes. */
  readonly config?: Uint8Array;
}

/** Takes a pack apart that a remote has under this tag. */
export async function openPack(remote: Remote, tag: string): Promise<OpenPack> {
  const stored = await remote.manifest(tag);
  if (stored === undefined) throw new Error(`There is no pack ${tag}`);
  const { config, layers } = readPackManifest(stored, "The pack");
  const units = decodePackConfig(await collect(remote.blob(config)), layers.length, "The pack");
  const opened = layers.map(async (layer, at) => {
    const records = units.filter((unit) => unit.layer === at).map(({ record }) => record);
    const expected = new Map(
      records.flatMap((record) => record.outputs.map((output) => [layerPath(record, output), output])),
    );
    const entries: TarEntry[] = [];
    const limits = { what: "The layer", tarSize: Number.POSITIVE_INFINITY };
    await readLayer(remote.blob(layer), expected, limits, async (name, content) => {
      entries.push({ header: { name }, content: await collect(content) });
    });
    return entries;
  });
  return { tag, config: config.digest, units, layers: await Promise.all(opened) };
}

/** Pushes what became of a pack under the same tag. */
export async function pushForgery(remote: Remote, original: OpenPack, forgery: Forgery): Promise<void> {
  const layers = await Promise.all(
    (forgery.layers ?? original.layers).map(async (entries) => {
      const tar = await tarOf(entries);
      const bytes = forgery.layerBytes ?? zstdCompressSync(tar);
      const annotations = forgery.annotations ?? { [TAR_SIZE]: String(tar.length) };
      return { bytes, descriptor: describe(OCI_LAYER_ZSTD, bytes, annotations) };
    }),
  );
  const configBytes = forgery.config ?? encodePackConfig(forgery.units ?? original.units);
  const config = describe(PACK_CONFIG, configBytes);
  for (const { bytes, descriptor } of [...layers, { bytes: configBytes, descriptor: config }])
    await remote.pushBlob(blob(descriptor, bytes));
  const bytes = encodeManifest({
    ...{ artifactType: PACK_ARTIFACT, config, annotations: {} },
    layers: layers.map(({ descriptor }) => descriptor),
  });
  await remote.pushManifest({ mediaType: OCI_MANIFEST, bytes, tag: original.tag });
}

/** A record with other outputs that claims them in the right way. */
export function withOutputs(record: UnitRecord, outputs: UnitRecord["outputs"]): UnitRecord {
  const changed = { ...record, outputs };
  return { ...changed, instance: instanceOf(record.key, primaryOutputs(changed), record.dependencies) };
}

/** The pack with something else in place of the outputs of all units. */
export function withFiles(
  { units, layers }: OpenPack,
  change: (content: Uint8Array) => Uint8Array,
): Pick<Forgery, "units" | "layers"> {
  const changed = layers.map((entries) =>
    entries.map(({ header, content = new Uint8Array() }) => ({ header, content: change(content) })),
  );
  const contents = new Map(changed.flat().map(({ header, content }) => [header.name, content]));
  return {
    layers: changed,
    units: units.map((unit) => {
      const outputs = unit.record.outputs.map((output) => {
        const content = contents.get(layerPath(unit.record, output)) ?? new Uint8Array();
        return { ...output, size: content.length, digest: digestOf(content) };
      });
      return { ...unit, record: withOutputs(unit.record, outputs) };
    }),
  };
}

async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { header, content } of entries) {
    if (content === undefined) archive.entry(header);
    else archive.entry(header, Buffer.from(content));
  }
  archive.finalize();
  return Buffer.from(await collect(archive as AsyncIterable<Uint8Array>));
}

function blob(descriptor: Descriptor, bytes: Uint8Array) {
  return {
    descriptor,
    async *open(offset = 0) {
      yield bytes.subarray(offset);
    },
  };
}
