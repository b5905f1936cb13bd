// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OciDigest } from "../descriptor.ts";
import type { CacheConfig, CacheRecord } from "./cache-config.ts";

/**
 * A config without the results that are in these blobs, or lie upon them. Layers that no result needs any more go, and
 * so do records that neither have a result nor lead to one that has.
 */
export function withoutBlobs(config: CacheConfig, blobs: ReadonlySet<OciDigest>): CacheConfig {
  const { layers } = config;
  const isGone = (layer: number) => chainOf(config, layer).some((each) => isIn(config, each, blobs));
  const left = config.records.map((record) => ({
    ...record,
    results: record.results.filter(({ layer }) => !isGone(layer)),
    chains: record.chains.filter((chain) => !chain.layers.some((each) => isIn(config, each, blobs))),
  }));
  const needed = neededLayers({ layers, records: left });
  const led = leadingRecords(left);
  const newLayer = renumbered(layers, (_, at) => needed.has(at));
  const newRecord = renumbered(left, (_, at) => led.has(at));
  return {
    layers: layers
      .filter((_, at) => needed.has(at))
      .map((layer) => ({
        ...layer,
        parent: layer.parent === undefined ? undefined : newLayer(layer.parent),
      })),
    records: left
      .filter((_, at) => led.has(at))
      .map((record) => ({
        ...record,
        results: record.results.map((result) => ({ ...result, layer: newLayer(result.layer) })),
        chains: record.chains.map((chain) => ({ ...chain, layers: chain.layers.map(newLayer) })),
        inputs: record.inputs.map((each) => each.map((input) => ({ ...input, link: newRecord(input.link) }))),
      })),
  };
}

/** A layer and those that it lies upon. Whoever wrote that they go round in circles is not followed for ever. */
export function chainOf({ layers }: CacheConfig, layer: number): readonly number[] {
  const chain = new Set<number>();
  for (let at: number | undefined = layer; at !== undefined && !chain.has(at); at = layers[at]?.parent) {
    chain.add(at);
  }
  return [...chain];
}

function isIn({ layers }: CacheConfig, layer: number, blobs: ReadonlySet<OciDigest>): boolean {
  const blob = layers[layer]?.blob;
  return blob !== undefined && blobs.has(blob);
}

/** Layers that some result is made of. */
function neededLayers(config: CacheConfig): ReadonlySet<number> {
  const used = config.records.flatMap(({ results, chains }) => [
    ...results.map(({ layer }) => layer),
    ...chains.flatMap((chain) => chain.layers),
  ]);
  // What lies below a chain's layers stays as well: their parents are numbers of layers.
  return new Set(used.flatMap((layer) => chainOf(config, layer)));
}

/** Records that have results, and all that these are made of. */
function leadingRecords(records: readonly CacheRecord[]): ReadonlySet<number> {
  const hasResult = ({ results, chains }: CacheRecord) => results.length + chains.length > 0;
  const led = new Set(records.flatMap((record, at) => (hasResult(record) ? [at] : [])));
  for (const at of led) for (const { link } of records[at]?.inputs.flat() ?? []) led.add(link);
  return led;
}

/** The numbers that things get when those that do not stay are gone. */
function renumbered<T>(all: readonly T[], stays: (one: T, at: number) => boolean): (at: number) => number {
  let next = 0;
  const numbers = all.map((one, at) => (stays(one, at) ? next++ : -1));
  return (at) => numbers[at] ?? -1;
}
