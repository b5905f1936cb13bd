// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PreparedCaches, prepareCaches } from "../../../src/broker/container/builder-caches.ts";
import { builderCaches } from "../../../src/config/caches.ts";
import { LayoutDirectory } from "../../../src/remote/layout/layout-directory.ts";
import {
  type CacheEntry,
  type CacheTarget,
  parseCacheFrom,
  parseCacheTo,
} from "../../../src/runner/buildkit/cache-entry.ts";
import type { CacheExporter } from "../../../src/runner/container/cache-exporter.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import { pushSampleCache, SERDE, sampleLayer } from "../../support/sample-cache.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "green-caches-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const prepare = (from: readonly string[], to: readonly CacheTarget[] = []) =>
  prepareCaches({ cacheFrom: from.map(parseCacheFrom), cacheTo: to, cacheImages: [] }, async () => ({
    ...{ accessKeyId: "id", secretAccessKey: "secret" },
  }));

const { signal } = new AbortController();

/** What a builder is told that is to write a cache. */
async function told(caches: PreparedCaches, target: CacheTarget): Promise<CacheEntry | undefined> {
  let entry: CacheEntry | undefined;
  const exporter: CacheExporter = {
    async exportCache(_, asked) {
      entry = asked;
      return JSON.stringify({ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: "sha256:0" });
    },
  };
  await caches.write(exporter, target, [], { mode: "min" }, signal);
  return entry;
}

test("buckets are told what this machine logs in with, and nothing else is", async () => {
  const caches = await prepare(["a/b", "type=s3,bucket=b,region=r"]);
  const attrs = { bucket: "b", region: "r", access_key_id: "id", secret_access_key: "secret" };
  expect(caches.from).toEqual([
    { type: "registry", attrs: { ref: "a/b" } },
    { type: "s3", attrs },
  ]);
  const bucket = parseCacheTo("type=s3,bucket=b,region=r,mode=max");
  expect(await told(caches, bucket)).toEqual({ type: "s3", attrs: { ...attrs, mode: "min" } });
  const image = parseCacheTo("a/b");
  expect(await told(caches, image)).toEqual({ type: "registry", attrs: { ref: "a/b", mode: "min" } });
});

test("a builder that exported nothing is not believed to have", async () => {
  const caches = await prepare([]);
  const nothing: CacheExporter = { exportCache: async () => undefined };
  const write = (target: string) => caches.write(nothing, parseCacheTo(target), [], {}, signal);
  await expect(write("host/a")).rejects.toMatchObject({ code: "refused" });
  await expect(write(`type=local,dest=${root}`)).rejects.toMatchObject({ code: "refused" });
  await write("type=s3,bucket=b,region=r"); // of these nothing is told
});

test("images are read and written, with all that leads to a result", async () => {
  const cacheImages = ["docker-image://host/a", "host/b:tag"];
  const { from, to } = builderCaches({ cacheFrom: [], cacheTo: [], cacheImages });
  expect(from.map(({ attrs }) => attrs["ref"])).toEqual(["host/a", "host/b:tag"]);
  expect(to).toEqual([
    { type: "registry", attrs: { ref: "host/a", mode: "max" }, visibility: "public" },
    { type: "registry", attrs: { ref: "host/b:tag", mode: "max" }, visibility: "public" },
  ]);
});

test("a directory is read by what its tag leads to, and passed over while there is nothing", async () => {
  const layout = new LayoutDirectory("cache", `oci-layout:${root}`, root);
  const digest = await pushSampleCache(layout, "latest", [await sampleLayer(SERDE)]);
  const caches = await prepare([`type=local,src=${root}`, "type=local,src=/nowhere"]);
  expect(caches.from).toEqual([{ type: "local", attrs: { src: root, digest } }]);
  expect(caches.directories).toEqual([root, "/nowhere"]);
});

test("a directory's tag leads to what a builder stored last, and what was there before goes", async () => {
  const target = parseCacheTo(`type=local,dest=${root},tag=main`);
  const caches = await prepare([], [target]);
  mkdirSync(join(root, "blobs/sha256"), { recursive: true });
  const store = (name: string): CacheExporter => ({
    async exportCache() {
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [], annotations: { name } }));
      const digest = digestOf(bytes);
      writeFileSync(join(root, "blobs/sha256", digest), bytes);
      const mediaType = "application/vnd.oci.image.index.v1+json";
      return JSON.stringify({ mediaType, digest: `sha256:${digest}`, size: bytes.length });
    },
  });
  await caches.write(store("first"), target, [], {}, signal);
  await caches.write(store("second"), target, [], {}, signal);
  const layout = new LayoutDirectory("cache", `oci-layout:${root}`, root);
  const stored = await layout.manifest("main");
  expect(`${Buffer.from(stored?.bytes ?? [])}`).toContain('"second"');
  const tags: string[] = [];
  for await (const tag of layout.tags()) tags.push(tag);
  expect(tags).toEqual(["main"]);
});
