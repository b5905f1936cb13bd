// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { toOci } from "../../../src/remote/descriptor.ts";
import { OCI_LAYER_ZSTD } from "../../../src/remote/media-types.ts";
import type { BlobSource } from "../../../src/remote/remote.ts";
import type { Digest } from "../../../src/unit/digest.ts";
import type { FakeRegistry, FakeRegistryOptions } from "../../support/fake-registry.ts";
import type { Fault } from "../../support/fake-registry-faults.ts";
import { FakeRegistries } from "../../support/open-fake.ts";
import { collect, randomBlob, type TestBlob } from "../../support/remote-content.ts";

vi.setConfig({ testTimeout: 60_000 });

const fakes = new FakeRegistries();
afterEach(() => fakes.close());

const CHUNKS = { wholeBytes: 50_000, chunkBytes: 100_000 };

async function setUp(server: FakeRegistryOptions = {}, uploads = {}) {
  const registry = await fakes.start(server);
  return { registry, remote: await fakes.client(registry, { uploads }) };
}

function count(registry: FakeRegistry, wanted: string): number {
  return registry.requests.filter(({ method }) => method === wanted).length;
}

function expectThere(registry: FakeRegistry, blob: TestBlob, repository = "acme/cache"): void {
  const bytes = registry.repository(repository).blobs.get(blob.descriptor.digest);
  expect(bytes === undefined ? -1 : Buffer.compare(bytes, blob.bytes)).toBe(0);
}

/** What may happen once to any request, and must do no harm. */
const PASSING: readonly (readonly [string, Fault])[] = [
  ["breaks", { kind: "reset" }],
  ["breaks half-way", { kind: "reset", after: 30_000 }],
  ["is done, but the answer lost", { kind: "lost answer" }],
  ["is answered 408", { kind: "answer", status: 408 }],
  ["is answered 429", { kind: "answer", status: 429, headers: { "retry-after": "0" } }],
  ["is answered 500", { kind: "answer", status: 500, body: "<html>" }],
  ["is answered 503", { kind: "answer", status: 503 }],
];

describe.each([
  ["one request", {}, ["HEAD", "POST", "PUT"]],
  ["chunks", CHUNKS, ["HEAD", "POST", "PATCH", "PUT"]],
] as const)("an upload in %s", (_, uploads, methods) => {
  test.each(methods.flatMap((method) => PASSING.map(([what, fault]) => [method, what, fault] as const)))(
    "succeeds if a %s request %s",
    async (method, _what, fault) => {
      const { registry, remote } = await setUp({}, uploads);
      const blob = randomBlob(250_000);
      registry.fail({ method }, fault);
      let sent = 0;
      const onSent = (bytes: number) => {
        sent += bytes;
      };
      expect(await remote.pushBlob(blob, { onSent })).toBe("sent");
      expectThere(registry, blob);
      expect(sent).toBe(250_000);
    },
  );

  test("leaves nothing begun behind when it fails", async () => {
    const { registry, remote } = await setUp({}, uploads);
    const blob = randomBlob(250_000);
    registry.fail({ method: "PUT", times: 100 }, { kind: "answer", status: 403 });
    await expect(remote.pushBlob(blob)).rejects.toMatchObject({ code: "denied" });
    await expect.poll(() => registry.repository("acme/cache").uploads.size).toBe(0);
  });
});

describe("an upload in chunks", () => {
  test("goes on with what the registry has, after each failure", async () => {
    const { registry, remote } = await setUp({}, CHUNKS);
    const blob = randomBlob(250_000);
    registry.fail({ method: "PATCH", times: 8 }, { kind: "reset", after: 10_000 });
    await remote.pushBlob(blob);
    expectThere(registry, blob);
    const starts = registry.requests
      .filter(({ method }) => method === "PATCH")
      .map(({ headers }) => Number(/^\d+/.exec(headers["content-range"] ?? "")?.[0]));
    expect(starts.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, at) => at * 10_000));
    expect(count(registry, "POST")).toBe(1);
  });

  test("keeps to the smallest chunk that the registry takes", async () => {
    const { registry, remote } = await setUp({ minChunk: 120_000 }, CHUNKS);
    const blob = randomBlob(250_000);
    await remote.pushBlob(blob);
    expectThere(registry, blob);
    const ranges = registry.requests.flatMap(({ headers }) => headers["content-range"] ?? []);
    expect(ranges).toEqual(["0-119999", "120000-239999", "240000-249999"]);
  });

  test("asks where it is when the registry expects another place", async () => {
    const { registry, remote } = await setUp({}, CHUNKS);
    const blob = randomBlob(250_000);
    registry.fail({ method: "PATCH", skip: 1 }, { kind: "answer", status: 416 });
    await remote.pushBlob(blob);
    expectThere(registry, blob);
    expect(count(registry, "GET")).toBe(1);
  });

  test("begins again if the registry has forgotten it", async () => {
    const { registry, remote } = await setUp({}, CHUNKS);
    const blob = randomBlob(250_000);
    registry.fail({ method: "PATCH", skip: 1 }, { kind: "answer", status: 404 });
    registry.fail({ method: "GET" }, { kind: "answer", status: 404 });
    await remote.pushBlob(blob);
    expectThere(registry, blob);
    expect(count(registry, "POST")).toBe(2);
  });

  test("is refused by a registry that says it has what was never sent", async () => {
    const { registry, remote } = await setUp({}, CHUNKS);
    const headers = { range: "0-249998" };
    registry.fail({ method: "PATCH" }, { kind: "headers", headers });
    await expect(remote.pushBlob(randomBlob(250_000))).rejects.toMatchObject({ code: "protocol" });
  });

  test("ends if the registry takes nothing of any chunk", async () => {
    const { registry, remote } = await setUp({}, CHUNKS);
    registry.fail(
      { method: "PATCH", times: 1000 },
      { kind: "answer", status: 202, headers: { range: "0-0" } },
    );
    await expect(remote.pushBlob(randomBlob(250_000))).rejects.toMatchObject({ side: "team" });
    expect(count(registry, "PATCH")).toBeLessThan(100);
  });

  test("becomes one request where the registry takes no chunks", async () => {
    const { registry, remote } = await setUp({ takesChunks: false }, CHUNKS);
    const blob = randomBlob(250_000);
    await remote.pushBlob(blob);
    expectThere(registry, blob);
  });
});

describe("an upload in one request", () => {
  test("becomes one in chunks where the registry takes no large requests", async () => {
    const { registry, remote } = await setUp(
      { maxBody: 150_000 },
      { wholeBytes: 300_000, chunkBytes: 100_000 },
    );
    const blob = randomBlob(250_000);
    await remote.pushBlob(blob);
    expectThere(registry, blob);
  });

  test("is refused where the registry takes nothing of that size", async () => {
    const { remote } = await setUp({ maxBody: 150_000 });
    await expect(remote.pushBlob(randomBlob(250_000))).rejects.toMatchObject({
      ...{ code: "refused", side: "team", message: expect.stringContaining("too large") },
    });
  });

  test("keeps the registry's own query as it is, and adds the digest", async () => {
    const { registry, remote } = await setUp();
    const blob = randomBlob(10);
    await remote.pushBlob(blob);
    const put = registry.requests.find(({ method }) => method === "PUT");
    expect(put?.path).toMatch(/\?_state=a%2Fb~c%3D&digest=sha256%3A[0-9a-f]{64}$/);
  });

  test.each([[undefined], ["ftp://x/y"], [""]])("is not begun at %s", async (location) => {
    const { registry, remote } = await setUp();
    registry.fail({ method: "POST", times: 100 }, { kind: "headers", headers: { location } });
    await expect(remote.pushBlob(randomBlob(10))).rejects.toMatchObject({
      code: "protocol",
    });
  });

  test("goes elsewhere without what logs us in", async () => {
    const storage = await fakes.start();
    const registry = await fakes.start({ login: { kind: "basic", users: { user: "hunter2" } } });
    const remote = await fakes.client(registry, {
      credentials: async () => ({ kind: "basic", username: "user", password: "hunter2" }),
    });
    storage.repository("bucket/x").uploads.set("1", { size: 0, pieces: [] });
    const location = `${storage.origin}/v2/bucket/x/blobs/uploads/1?_state=a%2Fb~c%3D`;
    registry.fail({ method: "POST", skip: 1 }, { kind: "headers", headers: { location } });
    registry.fail({ method: "POST" }, { kind: "headers", headers: { location } });
    const blob = randomBlob(1000);
    await remote.pushBlob(blob);
    expectThere(storage, blob, "bucket/x");
    expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});

describe("a mount", () => {
  test("takes a blob from another repository without sending it", async () => {
    const { registry, remote } = await setUp();
    const blob = randomBlob(1000);
    registry.repository("other/cache").blobs.set(blob.descriptor.digest, Buffer.from(blob.bytes));
    expect(await remote.pushBlob(blob, { mountFrom: "other/cache" })).toBe("mounted");
    expectThere(registry, blob);
    expect(count(registry, "PUT") + count(registry, "PATCH")).toBe(0);
  });

  test("that is not possible goes on with the upload that was begun", async () => {
    const { registry, remote } = await setUp({ mounts: false });
    const blob = randomBlob(1000);
    expect(await remote.pushBlob(blob, { mountFrom: "other/cache" })).toBe("sent");
    expectThere(registry, blob);
    expect(count(registry, "POST")).toBe(1);
  });

  test.each([[400], [403], [404], [405]])("that is answered %i is not tried again", async (status) => {
    const { registry, remote } = await setUp();
    registry.fail({ method: "POST", path: /mount=/, times: 100 }, { kind: "answer", status });
    for (const blob of [randomBlob(1000), randomBlob(1000)]) {
      expect(await remote.pushBlob(blob, { mountFrom: "other/cache" })).toBe("sent");
      expectThere(registry, blob);
    }
    expect(registry.requests.filter(({ path }) => path.includes("mount="))).toHaveLength(1);
  });
});

describe("what is hardly there", () => {
  test("is sent by an upload that was begun while it was asked for", async () => {
    const { registry, remote } = await setUp();
    const blob = randomBlob(1000);
    expect(await remote.pushBlob(blob, { isNews: true })).toBe("sent");
    expectThere(registry, blob);
    expect(registry.requests.map(({ method }) => method).sort()).toEqual(["HEAD", "POST", "PUT"]);
  });

  test("is not sent if it is there after all, and the upload is given up", async () => {
    const { registry, remote } = await setUp();
    const blob = randomBlob(1000);
    await remote.pushBlob(blob);
    const before = registry.requests.length;
    expect(await remote.pushBlob(blob, { isNews: true })).toBe("there");
    const methods = () => registry.requests.slice(before).map(({ method }) => method);
    await vi.waitFor(() => expect(methods().sort()).toEqual(["DELETE", "HEAD", "POST"]));
  });
});

test("no more blobs are sent at once than allowed, and connections are used again", async () => {
  const { registry, remote } = await setUp({}, { concurrency: 3 });
  let open = 0;
  let most = 0;
  const sources = Array.from({ length: 20 }, () => {
    const blob = randomBlob(100_000);
    const source: BlobSource = {
      descriptor: blob.descriptor,
      async *open(offset) {
        open += 1;
        most = Math.max(most, open);
        try {
          await sleep(20);
          yield* blob.open(offset);
        } finally {
          open -= 1;
        }
      },
    };
    return source;
  });
  await Promise.all(sources.map((source) => remote.pushBlob(source)));
  expect(most).toBe(3);
  expect(registry.connections()).toBe(1 + 3); // For 60 requests; one to find out whether it speaks TLS.
});

test("a source is read no faster than the registry takes it, and all its bytes go through", async () => {
  const { registry, remote } = await setUp();
  const piece = Buffer.alloc(1024 * 1024, 7);
  const pieces = 200;
  const hash = createHash("sha256");
  for (let at = 0; at < pieces; at++) hash.update(piece);
  let read = 0;
  const source: BlobSource = {
    descriptor: {
      ...{ mediaType: OCI_LAYER_ZSTD, digest: toOci(hash.digest("hex") as Digest) },
      size: pieces * piece.length,
    },
    async *open(offset = 0) {
      for (let at = offset / piece.length; at < pieces; at++) {
        read += 1;
        yield piece;
      }
    },
  };
  registry.fail({ method: "PATCH" }, { kind: "stall" });
  const controller = new AbortController();
  const pushed = remote.pushBlob(source, { signal: controller.signal });
  pushed.catch(() => {});
  await expect.poll(() => count(registry, "PATCH"), { timeout: 10_000 }).toBe(1);
  await sleep(300);
  expect(read).toBeLessThan(20); // What fits into the sockets' buffers.
  controller.abort(new Error("enough"));
  await expect(pushed).rejects.toThrow("enough");
  expect(await remote.pushBlob(source)).toBe("sent");
  const stored = registry.repository("acme/cache").blobs.get(source.descriptor.digest);
  expect(stored?.length).toBe(source.descriptor.size);
}, 60_000);

test("a blob of the wrong size counts as missing", async () => {
  const { registry, remote } = await setUp();
  const blob = randomBlob(1000);
  registry.repository("acme/cache").blobs.set(blob.descriptor.digest, Buffer.alloc(999));
  expect(await remote.hasBlob(blob.descriptor)).toBe(false);
  expect(await remote.pushBlob(blob)).toBe("sent");
  expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
});
