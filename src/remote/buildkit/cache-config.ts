// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { isOciDigest, type OciDigest } from "../descriptor.ts";
import { isObject } from "../manifest-links.ts";

/**
 * What a cache that BuildKit exported is made of, as `cache/remotecache/v1/types/doc.go` of BuildKit 0.25 has it. Fields
 * that are not known here are kept as they are.
 */
export interface CacheConfig {
  readonly layers: readonly CacheLayer[];
  readonly records: readonly CacheRecord[];
}

export interface CacheLayer {
  readonly blob: OciDigest;
  /** Which layer it lies upon; undefined for none. */
  readonly parent: number | undefined;
  /** In buckets, which have no descriptors beside it. */
  readonly annotations: LayerAnnotations | undefined;
  readonly raw: Fields;
}

export interface LayerAnnotations {
  readonly mediaType: string;
  /** Bytes, compressed. */
  readonly size: number;
  /** Milliseconds since the epoch; undefined if that is not said. */
  readonly created: number | undefined;
}

/** A cache key: what it is made of, and where its result is. */
export interface CacheRecord {
  /** Each is loaded with all that it lies upon. */
  readonly results: readonly { readonly layer: number; readonly raw: Fields }[];
  /** Each is several layers, without what they lie upon. */
  readonly chains: readonly { readonly layers: readonly number[]; readonly raw: Fields }[];
  /** For each input the records that it may be. */
  readonly inputs: readonly (readonly { readonly link: number; readonly raw: Fields }[])[];
  readonly raw: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a cache's config.
 * @throws GreenError "corrupt" with `what` in it
 */
export function parseCacheConfig(bytes: Uint8Array, what: string): CacheConfig {
  const refuse = (): never => {
    throw new GreenError("corrupt", `${what} is no cache of BuildKit's`);
  };
  const value = parsed(bytes);
  if (!isObject(value)) return refuse();
  const { layers = [], records = [] } = value;
  const [layerFields, recordFields] = [objects(layers), objects(records)];
  if (layerFields === undefined || recordFields === undefined) return refuse();
  const isIndex = (index: unknown, of: readonly unknown[]): index is number =>
    typeof index === "number" && Number.isInteger(index) && index >= 0 && index < of.length;
  return {
    layers: layerFields.map((raw): CacheLayer => {
      // Go leaves out a number that is 0.
      const { blob, parent = 0, annotations } = raw;
      if (typeof blob !== "string" || !isOciDigest(blob)) return refuse();
      if (parent !== -1 && !isIndex(parent, layerFields)) return refuse();
      const upon = parent === -1 ? undefined : parent;
      return { blob, parent: upon, annotations: layerAnnotations(annotations), raw };
    }),
    records: recordFields.map((raw): CacheRecord => {
      const lists = [
        objects(raw["layers"] ?? []),
        objects(raw["chains"] ?? []),
        raw["inputs"] ?? [],
      ] as const;
      const [results, chains, inputs] = lists;
      if (results === undefined || chains === undefined || !Array.isArray(inputs)) return refuse();
      return {
        results: results.map((result) => {
          const { layer = 0 } = result;
          return isIndex(layer, layerFields) ? { layer, raw: result } : refuse();
        }),
        chains: chains.map((chain) => {
          const all = chain["layers"] ?? [];
          if (!Array.isArray(all) || !all.every((each) => isIndex(each, layerFields))) return refuse();
          return { layers: all, raw: chain };
        }),
        inputs: inputs.map((alternatives) =>
          (objects(alternatives) ?? refuse()).map((input) => {
            const { link = 0 } = input;
            return isIndex(link, recordFields) ? { link, raw: input } : refuse();
          }),
        ),
        raw,
      };
    }),
  };
}

/** A config's bytes, as BuildKit reads them. */
export function formatCacheConfig({ layers, records }: CacheConfig): Buffer {
  const document = {
    layers: layers.map(({ raw, parent }) => ({ ...raw, parent: parent ?? -1 })),
    records: records.map(({ raw, results, chains, inputs }) => ({
      ...raw,
      layers: some(results.map((result) => ({ ...result.raw, layer: result.layer }))),
      chains: some(chains.map((chain) => ({ ...chain.raw, layers: chain.layers }))),
      inputs: some(inputs.map((each) => each.map((input) => ({ ...input.raw, link: input.link })))),
    })),
  };
  return Buffer.from(JSON.stringify(document));
}

function layerAnnotations(value: unknown): LayerAnnotations | undefined {
  if (!isObject(value)) return undefined;
  const { mediaType, size, createdAt } = value;
  if (typeof mediaType !== "string" || typeof size !== "number") return undefined;
  return { mediaType, size, created: parseTime(createdAt) };
}

/** Milliseconds since the epoch; undefined for what is no time, or Go's zero. */
export function parseTime(text: unknown): number | undefined {
  const time = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return time > 0 ? time : undefined;
}

/** Undefined for an empty list: BuildKit leaves those out. */
function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function objects(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) && value.every(isObject) ? value : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
