// SPDX-License-Identifier: MIT OR Apache-2.0
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { parseAddress } from "../../../src/remote/address.ts";
import { bucketCaches } from "../../../src/remote/buildkit/bucket-caches.ts";
import type { ExportedCache, ExportedCaches } from "../../../src/remote/buildkit/exported-caches.ts";
import { withoutBlobs } from "../../../src/remote/buildkit/without-blobs.ts";
import { APP, type SampleLayer, SERDE, sampleConfig, sampleLayer } from "../../support/sample-cache.ts";
import { describeWith } from "../../support/services/needs.ts";
import { signedS3Request } from "../../support/services/s3-request.ts";
import { type S3Server, startS3 } from "../../support/services.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const THREE_DAYS_AGO = Date.now() / 1000 - 3 * 24 * 3600;

describeWith(["versitygw"], "caches in a bucket", () => {
  let server: S3Server;
  let serde: SampleLayer;
  let app: SampleLayer;
  beforeAll(async () => {
    server = await startS3();
    serde = await sampleLayer(SERDE);
    app = await sampleLayer(APP);
  });
  afterAll(() => server?.close());

  function open(prefix: string): ExportedCaches {
    const text = `s3://${server.bucket}/${prefix}?region=${server.region}&endpoint=${server.endpoint}`;
    const address = parseAddress(text, { directory: "/" });
    if (address.kind !== "s3") throw new Error(text);
    const caches = bucketCaches("bucket", address, { env: {}, credentials: server.credentials });
    onTestFinished(() => caches.close());
    return caches;
  }

  async function put(key: string, body: Buffer): Promise<void> {
    const path = `/${server.bucket}/${key.replaceAll(":", "%3A")}`;
    const { status } = await signedS3Request(server, "PUT", path, Buffer.from(body));
    if (status !== 200) throw new Error(`${key}: ${status}`);
  }

  async function putCache(prefix: string, name: string, layers: readonly SampleLayer[]): Promise<void> {
    for (const { descriptor, bytes } of layers) await put(`${prefix}/blobs/${descriptor.digest}`, bytes);
    await put(`${prefix}/manifests/${name}`, sampleConfig(layers, true));
  }

  function grow(prefix: string, { descriptor }: SampleLayer): void {
    const file = join(server.data, server.bucket, prefix, "blobs", descriptor.digest);
    utimesSync(file, THREE_DAYS_AGO, THREE_DAYS_AGO);
  }

  async function read(caches: ExportedCaches): Promise<readonly ExportedCache[]> {
    const found: ExportedCache[] = [];
    for await (const cache of caches.read()) found.push(cache);
    return found;
  }

  async function isThere(caches: ExportedCaches, { descriptor, bytes }: SampleLayer): Promise<boolean> {
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of caches.content({ descriptor, created: undefined })) pieces.push(piece);
    } catch {
      return false;
    }
    return Buffer.concat(pieces).equals(bytes);
  }

  const blobs = (...layers: readonly SampleLayer[]) =>
    new Set(layers.map(({ descriptor }) => descriptor.digest));

  test("are read as BuildKit writes them", async () => {
    await putCache("plain", "buildkit", [serde, app]);
    const caches = open("plain");
    const [cache, ...rest] = await read(caches);
    expect(rest).toEqual([]);
    expect(cache).toMatchObject({ name: "buildkit", config: { records: { length: 3 } } });
    const { mediaType, digest, size } = serde.descriptor;
    const layer = cache?.layers.get(digest);
    expect(layer).toEqual({ descriptor: { mediaType, digest, size }, created: 1795847825351 });
    expect(await isThere(caches, serde)).toBe(true);
  });

  test("lose results, and blobs that nothing needs go if no build can be about to need them", async () => {
    await putCache("shared", "main", [serde, app]);
    await putCache("shared", "other", [serde]);
    grow("shared", serde);
    const caches = open("shared");
    const [main] = await read(caches);
    if (main === undefined) throw new Error("no cache");
    const config = withoutBlobs(main.config, blobs(app));
    const first = await caches.change([{ cache: main, config }]);
    expect(first).toEqual({ left: new Set(), refusal: undefined, freed: 0, later: app.descriptor.size });
    expect(await isThere(caches, app)).toBe(true);
    grow("shared", app);
    const [changed] = await read(caches);
    if (changed === undefined) throw new Error("no cache");
    const second = await caches.change([{ cache: changed, config: undefined }]);
    expect(second).toEqual({ left: new Set(), refusal: undefined, freed: app.descriptor.size, later: 0 });
    expect((await read(caches)).map(({ name }) => name)).toEqual(["other"]);
    expect([await isThere(caches, app), await isThere(caches, serde)]).toEqual([false, true]);
  });

  test("that somebody exported to meanwhile are left alone", async () => {
    await putCache("busy", "main", [serde, app]);
    const caches = open("busy");
    const [cache] = await read(caches);
    if (cache === undefined) throw new Error("no cache");
    await putCache("busy", "main", [serde]);
    await expect(caches.change([{ cache, config: undefined }])).rejects.toMatchObject({ code: "busy" });
    expect(await read(caches)).toHaveLength(1);
  });

  test.each([
    ["manifests/broken", "cannot be read"],
    ["more/manifests/main", "more than these caches"],
  ])("keep their blobs where %s may need them", async (key, why) => {
    const prefix = key.replaceAll("/", "-");
    await putCache(prefix, "main", [serde]);
    grow(prefix, serde);
    await put(`${prefix}/${key}`, Buffer.from("[]"));
    const caches = open(prefix);
    for await (const cache of caches.read({ onUnreadable: () => {} })) {
      const { freed, refusal } = await caches.change([{ cache, config: undefined }]);
      expect([freed, refusal?.message]).toEqual([0, expect.stringContaining(why)]);
    }
    expect(await isThere(caches, serde)).toBe(true);
  });
});
