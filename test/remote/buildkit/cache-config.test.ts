// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatCacheConfig, parseCacheConfig } from "../../../src/remote/buildkit/cache-config.ts";
import { chainOf, withoutBlobs } from "../../../src/remote/buildkit/without-blobs.ts";
import type { OciDigest } from "../../../src/remote/descriptor.ts";

/** Made by buildkitd 0.34: of three units, and of a Dockerfile's stages with `mode=max`. */
const UNITS = fixture("units-cache.json");
const DOCKERFILE = fixture("dockerfile-cache.json");

function fixture(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, "fixtures", name));
}

const parsed = (bytes: Buffer) => parseCacheConfig(bytes, "It");

describe("a config that BuildKit wrote", () => {
  test.each([
    ["units", UNITS],
    ["a Dockerfile", DOCKERFILE],
  ])("of %s comes out as it went in", (_, bytes) => {
    const again = formatCacheConfig(parsed(bytes));
    // Go leaves out a parent that is 0.
    const { layers, ...rest } = JSON.parse(`${bytes}`);
    const explicit = layers.map((layer: object) => ({ parent: 0, ...layer }));
    expect(JSON.parse(`${again}`)).toEqual({ ...rest, layers: explicit });
  });

  test("has layers that lie upon others", () => {
    const config = parsed(DOCKERFILE);
    expect(config.layers.map(({ parent }) => parent)).toEqual([1, 2, undefined, undefined, 0]);
    expect(chainOf(config, 4)).toEqual([4, 0, 1, 2]);
  });
});

test.each([
  ["[]"],
  ["{"],
  ['{"layers":[{"blob":"sha256:1"}]}'],
  [`{"layers":[{"blob":"sha256:${"0".repeat(64)}","parent":1}]}`],
  ['{"records":[{"layers":[{"layer":0}]}]}'],
  ['{"records":[{"inputs":[[{"link":7}]]}]}'],
  ['{"records":[{"inputs":[{}]}]}'],
  ['{"records":[{"chains":[{"layers":[-1]}]}]}'],
])("%s is no config", (text) => {
  expect(() => parsed(Buffer.from(text))).toThrow("It is no cache of BuildKit's");
});

test("layers that lie upon each other in a circle are looked at once", () => {
  const blob = `sha256:${"0".repeat(64)}`;
  const config = parsed(
    Buffer.from(
      JSON.stringify({
        layers: [
          { blob, parent: 1 },
          { blob, parent: 0 },
        ],
      }),
    ),
  );
  expect(chainOf(config, 0)).toEqual([0, 1]);
});

describe("without some results", () => {
  const units = parsed(UNITS);
  const blobOf = (layer: number) => units.layers[layer]?.blob ?? ("" as OciDigest);
  /** Digests of records that have results, and the number of all. */
  const left = (...layers: readonly number[]) => {
    const { layers: some, records } = withoutBlobs(units, new Set(layers.map(blobOf)));
    for (const { results } of records) for (const { layer } of results) expect(some[layer]).toBeDefined();
    for (const { inputs } of records)
      for (const { link } of inputs.flat()) expect(records[link]).toBeDefined();
    return [some.length, records.filter(({ results }) => results.length > 0).length, records.length];
  };

  test("what others are made of stays, and what nobody needs goes", () => {
    expect(left()).toEqual([3, 3, 5]);
    // A unit that another is built upon leaves its key behind, one that none is leaves nothing.
    expect(left(0)).toEqual([2, 2, 5]);
    expect(left(2)).toEqual([2, 2, 4]);
    expect(left(0, 1)).toEqual([1, 1, 2]);
    expect(left(0, 1, 2)).toEqual([0, 0, 0]);
  });

  test("a result goes with what it lies upon, and layers of others stay", () => {
    const config = parsed(DOCKERFILE);
    const without = (layer: number) => {
      const blob = config.layers[layer]?.blob ?? ("" as OciDigest);
      const { layers, records } = withoutBlobs(config, new Set([blob]));
      return { parents: layers.map(({ parent }) => parent), records: records.length };
    };
    expect(without(0)).toEqual({ parents: [undefined], records: 5 });
    expect(without(1)).toEqual({ parents: [undefined], records: 5 });
    expect(without(3)).toEqual({ parents: [1, 2, undefined], records: 2 });
  });
});
