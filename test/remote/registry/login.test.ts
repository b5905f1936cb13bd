// SPDX-License-Identifier: MIT OR Apache-2.0
import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Credential } from "../../../src/remote/credentials/credential.ts";
import type { FakeRegistry } from "../../support/fake-registry.ts";
import { FakeRegistries } from "../../support/open-fake.ts";
import { collect, listed, pushImage, randomBlob } from "../../support/remote-content.ts";

vi.setConfig({ testTimeout: 60_000 });

const fakes = new FakeRegistries();
afterEach(() => fakes.close());

const users = { user: "hunter2" };
const user: Credential = { kind: "basic", username: "user", password: "hunter2" };

function tokenRequests({ requests }: FakeRegistry) {
  return requests.filter(({ path }) => path.startsWith("/token"));
}

function scopesOf(registry: FakeRegistry): string[] {
  return tokenRequests(registry).map(({ path }) =>
    new URL(path, "http://x").searchParams.getAll("scope").join(" "),
  );
}

describe("tokens", () => {
  test("are fetched once for many requests at the same time, and only what is needed is asked for", async () => {
    const registry = await fakes.start({ login: { kind: "bearer", users } });
    const credentials = vi.fn(async () => user);
    const remote = await fakes.client(registry, { credentials });
    const blobs = Array.from({ length: 20 }, () => randomBlob(100));
    await Promise.all(blobs.map(({ descriptor }) => remote.hasBlob(descriptor)));
    expect(scopesOf(registry)).toEqual(["repository:acme/cache:pull"]);
    expect(registry.requests.filter(({ headers }) => headers.authorization === undefined)).toHaveLength(1);
    await Promise.all(blobs.map((blob) => remote.pushBlob(blob)));
    expect(scopesOf(registry).slice(1)).toEqual(["repository:acme/cache:pull,push"]);
    await Promise.all(blobs.map(({ descriptor }) => collect(remote.blob(descriptor))));
    expect(scopesOf(registry)).toHaveLength(2);
    const { digest } = await pushImage(remote, "text", "tag");
    await remote.removeManifest(digest);
    expect(scopesOf(registry).slice(2)).toEqual(["repository:acme/cache:pull,delete"]);
    registry.repository("other").blobs.set("x", Buffer.alloc(0));
    await remote.pushBlob(randomBlob(10), { mountFrom: "other" });
    expect(scopesOf(registry).slice(3)).toEqual(["repository:acme/cache:pull,push repository:other:pull"]);
    expect(credentials).toHaveBeenCalledTimes(1);
    expect(credentials).toHaveBeenCalledWith(registry.host, "acme/cache");
  });

  test("are fetched again shortly before their end", async () => {
    const registry = await fakes.start({ login: { kind: "bearer", users, life: 1 } });
    const remote = await fakes.client(registry, { credentials: async () => user });
    await remote.manifest("a");
    await remote.manifest("a");
    expect(tokenRequests(registry)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 850));
    await remote.manifest("a");
    expect(tokenRequests(registry)).toHaveLength(2);
    expect(registry.requests.filter(({ path }) => path.includes("manifests"))).toHaveLength(4); // One without a token.
  });

  test("that end in the middle of an upload are replaced, once for all who need them", async () => {
    const registry = await fakes.start({ login: { kind: "bearer", users } });
    const remote = await fakes.client(registry, {
      credentials: async () => user,
      uploads: { wholeBytes: 1000, chunkBytes: 40_000 },
    });
    await remote.pushBlob(randomBlob(10));
    const blobs = Array.from({ length: 4 }, () => randomBlob(2_000_000));
    const pushed = Promise.all(blobs.map((blob) => remote.pushBlob(blob)));
    await expect
      .poll(() => registry.requests.filter(({ method }) => method === "PATCH").length > 4, { interval: 1 })
      .toBe(true);
    const before = tokenRequests(registry).length;
    registry.login.revoke();
    expect(await pushed).toEqual(["sent", "sent", "sent", "sent"]);
    expect(tokenRequests(registry)).toHaveLength(before + 1);
  });

  test("are given to nobody in particular where that is enough", async () => {
    const registry = await fakes.start({ login: { kind: "bearer", users, anonymousPull: true } });
    const remote = await fakes.client(registry);
    expect(await remote.manifest("a")).toBeUndefined();
    expect(tokenRequests(registry)[0]?.headers.authorization).toBeUndefined();
    await expect(remote.pushBlob(randomBlob(10))).rejects.toMatchObject({ code: "denied" });
  });

  test("are got for a refresh token, which is sent in the body alone", async () => {
    const registry = await fakes.start({ login: { kind: "bearer", refreshToken: "hunter2" } });
    const remote = await fakes.client(registry, {
      credentials: async () => ({ kind: "identity-token", token: "hunter2" }),
    });
    await pushImage(remote, "text", "tag");
    expect(tokenRequests(registry).map(({ method, path }) => [method, path])).toEqual([["POST", "/token"]]);
    expect(JSON.stringify(registry.requests)).not.toContain("hunter2");
  });

  test("that somebody already has are used as they are", async () => {
    const registry = await fakes.start({ login: { kind: "bearer", users } });
    const helper = await fakes.client(registry, { credentials: async () => user });
    await helper.manifest("a");
    const token = registry.requests.at(-1)?.headers.authorization?.replace("Bearer ", "") ?? "";
    const own = await fakes.client(registry, {
      credentials: async () => ({ kind: "registry-token", token }),
    });
    expect(await own.manifest("a")).toBeUndefined();
    expect(tokenRequests(registry)).toHaveLength(1);
  });

  test("are asked for again where giving them fails for a moment", async () => {
    const registry = await fakes.start({ login: { kind: "bearer", users } });
    const remote = await fakes.client(registry, { credentials: async () => user });
    registry.fail({ path: /^\/token/ }, { kind: "answer", status: 503 });
    registry.fail({ path: /^\/token/ }, { kind: "reset" });
    registry.fail({ path: /^\/token/ }, { kind: "cut", after: 5 });
    expect(await remote.manifest("a")).toBeUndefined();
  });

  test.each([
    ["is no JSON: hunter2"],
    ["{}"],
    ['{"token":"a\\r\\nx-injected: hunter2"}'],
    ['{"token":7}'],
    ["x".repeat(2_000_000)],
  ])("that make no sense are refused: %.20s", async (body) => {
    const registry = await fakes.start({ login: { kind: "bearer", users } });
    const remote = await fakes.client(registry, { credentials: async () => user });
    registry.fail({ path: /^\/token/ }, { kind: "answer", status: 200, body });
    const failure = await remote.manifest("a").catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "protocol", side: "team" });
    expect(inspect(failure, { depth: 9 })).not.toContain("hunter2");
  });
});

describe("whoever is not let in", () => {
  test.each([
    ["basic", undefined, "docker login"],
    ["basic", { ...user, password: "wrong-secret" }, "docker login"],
    ["bearer", undefined, "docker login"],
    ["bearer", { ...user, password: "wrong-secret" }, "docker login"],
    ["bearer", { kind: "registry-token", token: "wrong-secret" }, "docker login"],
    ["bearer", { kind: "identity-token", token: "wrong-secret" }, "docker login"],
  ] as const)("is told how to log in (%s), and no secret", async (kind, credential, hint) => {
    const registry = await fakes.start({ login: { kind, users } });
    const remote = await fakes.client(registry, { credentials: async () => credential });
    const failure = await listed(remote.tags()).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "denied", side: "team", hint: expect.stringContaining(hint) });
    expect(inspect(failure, { depth: 9 })).not.toContain("wrong-secret");
    expect(registry.requests.length).toBeLessThan(8);
  });

  test("is told if the kind of login is not known", async () => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry, { credentials: async () => user });
    const headers = { "www-authenticate": 'Negotiate, Digest realm="x"' };
    registry.fail({ times: 10 }, { kind: "answer", status: 401, headers });
    await expect(remote.manifest("a")).rejects.toMatchObject({
      code: "denied",
      message: expect.stringContaining("negotiate"),
    });
  });

  test.each([
    ["http://token.example/"],
    ["ftp://127.0.0.1/"],
    ["nonsense"],
    ["https://user:pass@token.example/"],
  ])("is not sent to get tokens at %s", async (realm) => {
    const registry = await fakes.start();
    const credentials = vi.fn(async () => user);
    const remote = await fakes.client(registry, { credentials });
    registry.fail(
      {},
      { kind: "answer", status: 401, headers: { "www-authenticate": `Bearer realm="${realm}"` } },
    );
    await expect(remote.manifest("a")).rejects.toMatchObject({ code: "protocol" });
    expect(credentials).not.toHaveBeenCalled();
  });
});

test("who is waiting for the first answer goes on when it fails, or when there is none", async () => {
  const registry = await fakes.start();
  const remote = await fakes.client(registry);
  registry.fail({ method: "HEAD" }, { kind: "answer", status: 403 });
  const asked = Array.from({ length: 5 }, () => remote.hasBlob(randomBlob(10).descriptor));
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.map(({ status }) => status)).toEqual([
    "rejected",
    ...Array.from({ length: 4 }, () => "fulfilled"),
  ]);
});

test("a failing credential helper is told of, and not asked again", async () => {
  const registry = await fakes.start({ login: { kind: "bearer", users } });
  const credentials = vi.fn(async () => Promise.reject(new Error("the helper hangs")));
  const remote = await fakes.client(registry, { credentials });
  await expect(remote.manifest("a")).rejects.toThrow("the helper hangs");
  await expect(remote.manifest("a")).rejects.toThrow("the helper hangs");
  expect(credentials).toHaveBeenCalledTimes(1);
});
