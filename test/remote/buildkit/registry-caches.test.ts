// SPDX-License-Identifier: MIT OR Apache-2.0
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ExportedCache, ExportedCaches } from "../../../src/remote/buildkit/exported-caches.ts";
import { registryCaches } from "../../../src/remote/buildkit/registry-caches.ts";
import { withoutBlobs } from "../../../src/remote/buildkit/without-blobs.ts";
import { OCI_INDEX } from "../../../src/remote/media-types.ts";
import { type MemoryRemote, memoryRemote } from "../../support/memory-remote.ts";
import { pushImage } from "../../support/remote-content.ts";
import { APP, pushSampleCache, type SampleLayer, SERDE, sampleLayer } from "../../support/sample-cache.ts";

let serde: SampleLayer;
let app: SampleLayer;
beforeAll(async () => {
  serde = await sampleLayer(SERDE);
  app = await sampleLayer(APP);
});

let remote: MemoryRemote;
let caches: ExportedCaches;
beforeEach(() => {
  remote = memoryRemote();
  caches = registryCaches(remote);
});

async function read(): Promise<readonly ExportedCache[]> {
  const found: ExportedCache[] = [];
  for await (const cache of caches.read()) found.push(cache);
  return found;
}

const blobsOf = (cache: ExportedCache | undefined) => [...(cache?.layers.keys() ?? [])];
const without = (cache: ExportedCache, ...layers: readonly SampleLayer[]) => ({
  ...{
    cache,
    config: withoutBlobs(cache.config, new Set(layers.map(({ descriptor }) => descriptor.digest))),
  },
});

describe.each(["image", "index"] as const)("a cache that is an %s", (form) => {
  test("is read, whatever else is in the repository", async () => {
    await pushImage(remote, "latest");
    await pushSampleCache(remote, "main", [serde, app], form);
    const [cache, ...rest] = await read();
    expect(rest).toEqual([]);
    expect(cache).toMatchObject({ name: "main", config: { records: { length: 3 } } });
    expect(blobsOf(cache)).toEqual([serde.descriptor.digest, app.descriptor.digest]);
    expect(cache?.layers.get(serde.descriptor.digest)).toMatchObject({ created: 1795847825351 });
  });

  test("loses a result and stays what it was otherwise", async () => {
    const before = await pushSampleCache(remote, "main", [serde, app], form);
    const [cache] = await read();
    if (cache === undefined) throw new Error("no cache");
    const changes = await caches.change([without(cache, app)]);
    expect(changes).toEqual({ left: new Set(), refusal: undefined, freed: 0, later: app.descriptor.size });
    const [after] = await read();
    expect(blobsOf(after)).toEqual([serde.descriptor.digest]);
    expect(after?.config.records).toHaveLength(2);
    expect(remote.manifests.has(before)).toBe(false);
    expect(remote.manifests.get("main")?.descriptor.mediaType === OCI_INDEX).toBe(form === "index");
  });

  test("goes, and what only it needed is told", async () => {
    await pushSampleCache(remote, "main", [serde, app], form);
    await pushSampleCache(remote, "other", [serde], form);
    const [cache] = await read();
    if (cache === undefined) throw new Error("no cache");
    const changes = await caches.change([{ cache, config: undefined }]);
    expect(changes).toMatchObject({ left: new Set(), later: app.descriptor.size });
    expect((await read()).map(({ name }) => name)).toEqual(["other"]);
  });
});

test("a cache that somebody exported to meanwhile is left alone", async () => {
  await pushSampleCache(remote, "main", [serde, app]);
  const [cache] = await read();
  if (cache === undefined) throw new Error("no cache");
  await pushSampleCache(remote, "main", [serde]);
  await expect(caches.change([{ cache, config: undefined }])).rejects.toMatchObject({ code: "busy" });
  expect(await read()).toHaveLength(1);
});

test("a manifest that another tag leads to stays", async () => {
  const digest = await pushSampleCache(remote, "main", [serde, app]);
  await pushSampleCache(remote, "same", [serde, app]);
  const [cache] = await read();
  if (cache === undefined) throw new Error("no cache");
  expect(await caches.change([{ cache, config: undefined }])).toMatchObject({ left: new Set(["main"]) });
  expect(await caches.change([without(cache, app)])).toMatchObject({ left: new Set(), later: 0 });
  expect(remote.manifests.has(digest)).toBe(true);
  expect((await read()).map(({ layers }) => layers.size)).toEqual([1, 2]);
});

test("a registry that does not delete is told once, and what could be written anew is", async () => {
  remote = memoryRemote("team", { keeps: true });
  caches = registryCaches(remote);
  await pushSampleCache(remote, "first", [serde, app]);
  await pushSampleCache(remote, "second", [app]);
  const [first, second] = await read();
  if (first === undefined || second === undefined) throw new Error("no caches");
  const changes = await caches.change([without(first, app), { cache: second, config: undefined }]);
  expect(changes).toMatchObject({ left: new Set(["second"]), refusal: { code: "refused" }, later: 0 });
  expect(remote.asked.filter((each) => each.startsWith("remove"))).toHaveLength(1);
  expect((await read()).map(blobsOf)).toEqual([[serde.descriptor.digest], [app.descriptor.digest]]);
});

test("a cache whose config makes no sense is passed over, if somebody is told", async () => {
  await pushSampleCache(remote, "broken", [serde]);
  const [config] = [...remote.blobs.keys()].slice(-1);
  remote.blobs.delete(config ?? "");
  await pushSampleCache(remote, "sound", [app]);
  await expect(read()).rejects.toMatchObject({ code: "not-found" });
  const told: string[] = [];
  const names: string[] = [];
  for await (const { name } of caches.read({ onUnreadable: (name) => told.push(name) })) names.push(name);
  expect([names, told]).toEqual([["sound"], ["broken"]]);
});
