// SPDX-License-Identifier: MIT OR Apache-2.0
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_RETRIES } from "../../../src/remote/registry/retry.ts";
import { FakeRegistries } from "../../support/open-fake.ts";
import { blobOf, collect, pushImage, randomBlob, type TestBlob } from "../../support/remote-content.ts";

vi.setConfig({ testTimeout: 60_000 });

const fakes = new FakeRegistries();
afterEach(() => fakes.close());

const BLOB = /\/blobs\/sha256/;

async function withBlob(size = 300_000, options = {}, client = {}) {
  const registry = await fakes.start(options);
  const remote = await fakes.client(registry, client);
  const blob = randomBlob(size);
  registry.repository("acme/cache").blobs.set(blob.descriptor.digest, Buffer.from(blob.bytes));
  const gets = () => registry.requests.filter(({ method, path }) => method === "GET" && BLOB.test(path));
  return { registry, remote, blob, gets };
}

function expectSame(bytes: Uint8Array, blob: TestBlob): void {
  expect(Buffer.compare(bytes, blob.bytes)).toBe(0);
}

describe("a download whose connection breaks", () => {
  test("goes on where it stopped, as often as something comes", async () => {
    const { registry, remote, blob, gets } = await withBlob();
    // More often than a request without progress is tried.
    const breaks = DEFAULT_RETRIES.retries + 3;
    registry.fail({ method: "GET", path: BLOB, times: breaks }, { kind: "cut", after: 20_000 });
    expectSame(await collect(remote.blob(blob.descriptor)), blob);
    expect(gets().map(({ headers }) => headers.range)).toEqual([
      undefined,
      ...Array.from({ length: breaks }, (_, at) => `bytes=${(at + 1) * 20_000}-`),
    ]);
  });

  test("begins again where the registry gives no parts", async () => {
    const { registry, remote, blob } = await withBlob(300_000, { ignoresRange: true });
    registry.fail({ method: "GET", path: BLOB, times: 2 }, { kind: "cut", after: 150_000 });
    expectSame(await collect(remote.blob(blob.descriptor)), blob);
  });

  test("ends when nothing comes any more", async () => {
    const { registry, remote, blob, gets } = await withBlob();
    registry.fail({ method: "GET", path: BLOB, times: 100 }, { kind: "cut", after: 0 });
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({
      code: "unreachable",
      side: "team",
    });
    expect(gets()).toHaveLength(DEFAULT_RETRIES.retries + 1);
  });

  test("at its last byte is complete", async () => {
    const { registry, remote, blob } = await withBlob();
    registry.fail({ method: "GET", path: BLOB }, { kind: "undelimited" });
    expectSame(await collect(remote.blob(blob.descriptor)), blob);
  });

  test("without a word of its length goes on too", async () => {
    const { registry, remote, blob } = await withBlob();
    registry.fail({ method: "GET", path: BLOB }, { kind: "undelimited", after: 100_000 });
    expectSame(await collect(remote.blob(blob.descriptor)), blob);
  });

  test.each([
    ["another place", "bytes 200000-299999/300000", "protocol"],
    ["another size", "bytes 100000-299999/300001", "corrupt"],
    ["no place", undefined, "protocol"],
    ["nonsense", "bytes 9-1/x", "protocol"],
  ])("is not put together with a part from %s", async (_, range, code) => {
    const { registry, remote, blob } = await withBlob();
    registry.fail({ method: "GET", path: BLOB }, { kind: "cut", after: 100_000 });
    registry.fail({ method: "GET", path: BLOB }, { kind: "headers", headers: { "content-range": range } });
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code });
  });
});

describe("a download is refused", () => {
  test.each([[0], [150_000], [299_999]])("if byte %i is another one", async (at) => {
    const { registry, remote, blob } = await withBlob();
    registry.fail({ method: "GET", path: BLOB }, { kind: "flip", at });
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({
      ...{ code: "corrupt", side: "team" },
      message: expect.stringContaining(blob.descriptor.digest),
    });
  });

  test("if it is too short", async () => {
    const { registry, remote, blob } = await withBlob();
    registry.fail({ method: "GET", path: BLOB }, { kind: "short", after: 299_999 });
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "corrupt" });
  });

  test("as soon as it is too long, however long it goes on", async () => {
    const blob = randomBlob(1000);
    const server = createServer((request, response) => {
      // No length, no end.
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", more);
      request.resume();
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const remote = await fakes.client({ host: `127.0.0.1:${(server.address() as AddressInfo).port}` });
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "corrupt" });
    await remote.close();
    server.closeAllConnections();
    server.close();
  });

  test("if it is packed in a way nobody asked for", async () => {
    const { registry, remote, blob } = await withBlob();
    registry.fail(
      { method: "GET", path: BLOB },
      { kind: "headers", headers: { "content-encoding": "gzip" } },
    );
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "protocol" });
  });
});

describe("a redirect", () => {
  /** A place for blobs on another origin. */
  async function withStorage() {
    const storage = await fakes.start();
    const users = { user: "hunter2" };
    const setup = await withBlob(
      300_000,
      { storage: `${storage.origin}/v2/bucket/x/blobs`, login: { kind: "bearer", users } },
      { credentials: async () => ({ kind: "basic", username: "user", password: "hunter2" }) },
    );
    const { digest } = setup.blob.descriptor;
    storage.repository("bucket/x").blobs.set(digest, Buffer.from(setup.blob.bytes));
    return { ...setup, storage };
  }

  test("to another origin is followed without what logs us in", async () => {
    const { remote, blob, storage, gets } = await withStorage();
    expectSame(await collect(remote.blob(blob.descriptor)), blob);
    expect(gets().at(-1)?.headers.authorization).toMatch(/^Bearer /);
    expect(storage.requests).toHaveLength(1);
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
  });

  test("is asked for again for the rest of a broken download", async () => {
    const { remote, blob, storage, gets } = await withStorage();
    storage.fail({ method: "GET" }, { kind: "cut", after: 100_000 });
    storage.fail(
      { method: "GET" },
      { kind: "answer", status: 403, body: "<Error>Request has expired</Error>" },
    );
    expectSame(await collect(remote.blob(blob.descriptor)), blob);
    expect(storage.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      "bytes=100000-",
      "bytes=100000-",
    ]);
    expect(gets().filter(({ headers }) => headers.range === "bytes=100000-")).toHaveLength(2);
  });

  test("that ends nowhere names the place, but not its signature", async () => {
    const { remote, blob, storage } = await withStorage();
    storage.fail(
      { method: "GET", times: 100 },
      { kind: "answer", status: 403, body: "no: https://x/y?sig=hunter2" },
    );
    const failure = await collect(remote.blob(blob.descriptor)).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "unreachable", message: expect.stringContaining(storage.host) });
    expect(JSON.stringify([String(failure), failure])).not.toContain("hunter2");
  });

  test("in circles ends", async () => {
    const { registry, remote, blob } = await withBlob();
    const { digest } = blob.descriptor;
    const headers = { location: `/v2/acme/cache/blobs/${digest}` };
    registry.fail({ method: "GET", times: 100 }, { kind: "answer", status: 302, headers });
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "protocol" });
    expect(registry.requests.length).toBeLessThan(10);
  });

  test.each([["ftp://127.0.0.1/x"], ["http://["], ["file:///etc/passwd"]])(
    "to %s is not followed",
    async (location) => {
      const { registry, remote, blob } = await withBlob();
      registry.fail({ method: "GET" }, { kind: "answer", status: 302, headers: { location } });
      await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "protocol" });
    },
  );
});

describe("a manifest", () => {
  const MANIFEST = /\/manifests\//;

  async function withManifest() {
    const registry = await fakes.start();
    const remote = await fakes.client(registry);
    const { digest } = await pushImage(remote, "text", "tag");
    return { registry, remote, digest };
  }

  test("is asked for again if its connection breaks", async () => {
    const { registry, remote, digest } = await withManifest();
    registry.fail({ method: "GET", path: MANIFEST, times: 2 }, { kind: "cut", after: 10 });
    expect((await remote.manifest("tag"))?.descriptor.digest).toBe(digest);
  });

  test.each([["tag"], ["digest"]])("asked for by %s is refused if it has other bytes", async (by) => {
    const { registry, remote, digest } = await withManifest();
    registry.fail({ method: "GET", path: MANIFEST }, { kind: "flip", at: 20 });
    await expect(remote.manifest(by === "tag" ? "tag" : digest)).rejects.toMatchObject({ code: "corrupt" });
  });

  test("is refused if the registry names another digest, and not if it names none that we know", async () => {
    const { registry, remote, digest } = await withManifest();
    const wrong = { "docker-content-digest": blobOf("other").descriptor.digest };
    registry.fail({ method: "GET", path: MANIFEST }, { kind: "headers", headers: wrong });
    await expect(remote.manifest("tag")).rejects.toMatchObject({ code: "corrupt" });
    for (const named of [undefined, `sha512:${"0".repeat(128)}`]) {
      registry.fail(
        { method: "GET", path: MANIFEST },
        { kind: "headers", headers: { "docker-content-digest": named } },
      );
      expect((await remote.manifest("tag"))?.descriptor.digest).toBe(digest);
    }
  });

  test.each([
    ["text/plain; charset=utf-8", "application/vnd.oci.image.manifest.v1+json"],
    [undefined, "application/vnd.oci.image.manifest.v1+json"],
    [
      "Application/vnd.oci.image.manifest.v1+json; charset=utf-8",
      "application/vnd.oci.image.manifest.v1+json",
    ],
  ])("served as %s has the type that stands in it", async (type, expected) => {
    const { registry, remote } = await withManifest();
    registry.fail({ method: "GET", path: MANIFEST }, { kind: "headers", headers: { "content-type": type } });
    expect((await remote.manifest("tag"))?.descriptor.mediaType).toBe(expected);
  });

  test("served as what it does not say it is, is refused", async () => {
    const { registry, remote } = await withManifest();
    const headers = { "content-type": "application/vnd.oci.image.index.v1+json" };
    registry.fail({ method: "GET", path: MANIFEST }, { kind: "headers", headers });
    await expect(remote.manifest("tag")).rejects.toMatchObject({ code: "protocol" });
  });

  test("of more than 4 MiB is refused", async () => {
    const { registry, remote } = await withManifest();
    const body = " ".repeat(4 * 1024 * 1024 + 1);
    registry.fail({ method: "GET", path: MANIFEST }, { kind: "answer", status: 200, body });
    await expect(remote.manifest("tag")).rejects.toMatchObject({
      ...{ code: "protocol", side: "team", message: expect.stringContaining('"tag"') },
    });
  });
});

describe("mirrors", () => {
  test("are not asked what a tag leads to by now where that counts", async () => {
    const [mirror, origin] = await Promise.all([fakes.start(), fakes.start()]);
    const behind = await fakes.client(mirror);
    await pushImage(behind, "old", "tag");
    const remote = await fakes.client(origin, { mirrors: [`oci://${mirror.host}/acme/cache`] });
    const { digest } = await pushImage(remote, "new", "tag");
    expect((await remote.manifest("tag"))?.descriptor.digest).not.toBe(digest);
    expect((await remote.manifest("tag", { isFresh: true }))?.descriptor.digest).toBe(digest);
  });

  test("are read from before the registry, in their order, each as far as it goes", async () => {
    const [first, second, origin] = await Promise.all([fakes.start(), fakes.start(), fakes.start()]);
    const remote = await fakes.client(origin, {
      mirrors: [`oci://${first.host}/proxy/acme/cache`, `oci://${second.host}/acme/cache`],
    });
    const { digest } = await pushImage(remote, "text", "tag");
    const blob = blobOf("text");
    second.repository("acme/cache").blobs.set(blob.descriptor.digest, Buffer.from(blob.bytes));
    expect((await remote.manifest("tag"))?.descriptor.digest).toBe(digest);
    const before = origin.requests.length;
    expectSame(await collect(remote.blob(blob.descriptor)), blob);
    expect(origin.requests).toHaveLength(before);
    expect(first.requests.map(({ path }) => path.slice(0, 30))).toEqual([
      "/v2/proxy/acme/cache/manifests",
      "/v2/proxy/acme/cache/blobs/sha",
    ]);
    expect(await remote.hasBlob(randomBlob(3).descriptor)).toBe(false);
    expect(first.requests).toHaveLength(2);
  });

  test("that cannot be reached are asked once", async () => {
    const [mirror, origin] = await Promise.all([fakes.start(), fakes.start()]);
    const remote = await fakes.client(origin, {
      mirrors: [`oci://${mirror.host}/acme/cache`],
      retries: { retries: 0 },
    });
    mirror.fail({ times: 100 }, { kind: "reset" });
    const { digest } = await pushImage(remote, "text", "tag");
    for (let time = 0; time < 3; time++)
      expect((await remote.manifest("tag"))?.descriptor.digest).toBe(digest);
    expect(mirror.requests).toHaveLength(1);
  });

  test("that give wrong bytes are not trusted", async () => {
    const [mirror, origin] = await Promise.all([fakes.start(), fakes.start()]);
    const remote = await fakes.client(origin, { mirrors: [`oci://${mirror.host}/acme/cache`] });
    const blob = randomBlob(1000);
    mirror.repository("acme/cache").blobs.set(blob.descriptor.digest, Buffer.alloc(1000));
    await remote.pushBlob(blob);
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "corrupt" });
  });
});
