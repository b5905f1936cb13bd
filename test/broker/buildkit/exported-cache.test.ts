// SPDX-License-Identifier: MIT OR Apache-2.0
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { BuildKitCache } from "../../../src/broker/buildkit/buildkit-cache.ts";
import { exportedCache } from "../../../src/broker/buildkit/exported-cache.ts";
import { localKnowledge } from "../../../src/broker/buildkit/local-knowledge.ts";
import { registryCaches } from "../../../src/remote/buildkit/registry-caches.ts";
import { type MemoryRemote, memoryRemote } from "../../support/memory-remote.ts";
import { APP, pushSampleCache, type SampleLayer, SERDE, sampleLayer } from "../../support/sample-cache.ts";

const { signal } = new AbortController();
const options = { signal, onUnreadable: () => {} };

let serde: SampleLayer;
let app: SampleLayer;
let stage: SampleLayer;
beforeAll(async () => {
  [serde, app, stage] = [await sampleLayer(SERDE), await sampleLayer(APP), await sampleLayer(undefined)];
});

let remote: MemoryRemote;
let cache: BuildKitCache;
const memos = new Map<string, string>();
beforeEach(() => {
  memos.clear();
  remote = memoryRemote("team");
  const store = {
    list: () => ({ rows: [], matched: { records: 0, size: 0, sizeOnDisk: 0 } }),
    get: () => undefined,
    memo: (_: string, key: string) => memos.get(key),
    remember: (_: string, key: string, value: string) => void memos.set(key, value),
  };
  cache = exportedCache(registryCaches(remote), localKnowledge(store));
});

const asked = (layer: SampleLayer) =>
  remote.asked.filter((each) => each === `blob ${layer.descriptor.digest}`).length;

test("units are known by their layers, each of which is looked into once for all caches and times", async () => {
  await pushSampleCache(remote, "a", [stage, serde]);
  await pushSampleCache(remote, "b", [serde, app], "index");
  for (let time = 0; time < 2; time++) {
    const { units, sources, others } = await cache.read(options);
    expect(units.map(({ identity, cache: name }) => [identity.package, name])).toEqual([
      ["serde", "a"],
      ["serde", "b"],
      ["app", "b"],
    ]);
    expect([sources, others.map(({ cache: name }) => name)]).toEqual([[], ["a"]]);
    expect(units.map(({ privacy }) => privacy)).toEqual([undefined, undefined, "private"]);
  }
  expect([asked(serde), asked(app), asked(stage)]).toEqual([1, 1, 1]);
});

test("a cache loses units, and goes with its last one", async () => {
  await pushSampleCache(remote, "a", [stage, serde, app]);
  await pushSampleCache(remote, "b", [serde]);
  const { units } = await cache.read(options);
  const gone = units.filter(({ identity }) => identity.package === "serde");
  const { removed } = await cache.remove(gone, signal);
  expect(removed).toEqual(new Set(gone.map(({ id }) => id)));
  expect([...remote.manifests.keys()].filter((name) => !name.startsWith("sha256:"))).toEqual(["a"]);
  const left = await cache.read(options);
  expect(left.units.map(({ identity }) => identity.package)).toEqual(["app"]);
  await cache.remove(left.units, signal);
  expect(remote.manifests.size).toBe(0);
});

test("a layer that is gone is of nothing, until it is there again", async () => {
  await pushSampleCache(remote, "a", [serde]);
  const { digest } = serde.descriptor;
  remote.blobs.delete(digest);
  expect(await cache.read(options)).toMatchObject({ units: [], others: { length: 1 } });
  remote.blobs.set(digest, serde.bytes);
  expect(await cache.read(options)).toMatchObject({ units: { length: 1 }, others: [] });
});

test("units of caches that cannot be removed are told to be left", async () => {
  remote = memoryRemote("team", { keeps: true });
  await pushSampleCache(remote, "a", [serde]);
  const store = {
    list: () => ({ rows: [], matched: { records: 0, size: 0, sizeOnDisk: 0 } }),
    get: () => undefined,
  };
  const memo = { memo: () => undefined, remember: () => {} };
  cache = exportedCache(registryCaches(remote), localKnowledge({ ...store, ...memo }));
  const { units } = await cache.read(options);
  const removal = await cache.remove(units, signal);
  expect(removal).toMatchObject({ removed: new Set(), refusal: { code: "refused" } });
});
