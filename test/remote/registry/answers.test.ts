// SPDX-License-Identifier: MIT OR Apache-2.0

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { toOci } from "../../../src/remote/descriptor.ts";
import { deletionHint } from "../../../src/remote/registry/deletion-hint.ts";
import { parseErrorBody } from "../../../src/remote/registry/error-body.ts";
import { DEFAULT_RETRIES } from "../../../src/remote/registry/retry.ts";
import type { Remote } from "../../../src/remote/remote.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import { FakeRegistries } from "../../support/open-fake.ts";
import { collect, manifestOf, randomBlob } from "../../support/remote-content.ts";

vi.setConfig({ testTimeout: 60_000 });

const fakes = new FakeRegistries();
afterEach(() => fakes.close());

const blob = randomBlob(10);
const digest = toOci(digestOf("x"));

const READS: Readonly<Record<string, (remote: Remote) => Promise<unknown>>> = {
  manifest: (remote) => remote.manifest("a"),
  blob: (remote) => collect(remote.blob(blob.descriptor)),
};
const WRITES: Readonly<Record<string, (remote: Remote) => Promise<unknown>>> = {
  blob: (remote) => remote.pushBlob(blob),
  manifest: (remote) => remote.pushManifest(manifestOf(blob.descriptor)),
};

function errors(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message, detail: { secret: "hunter2" } }] });
}

describe("a final answer says what is wrong and what to do", () => {
  test.each([
    ...[401, 403].flatMap((status) => [
      [READS, status, errors("DENIED", "no"), "denied", "docker login 127.0.0.1"] as const,
      [WRITES, status, errors("DENIED", "no"), "denied", "push = false"] as const,
    ]),
    [WRITES, 507, "", "refused", "prune"] as const,
    [WRITES, 413, "", "refused", "push = false"] as const,
    [WRITES, 400, errors("MANIFEST_INVALID", "manifest invalid"), "refused", "push = false"] as const,
    [READS, 400, errors("NAME_INVALID", "no"), "refused", undefined] as const,
    [READS, 418, "", "refused", undefined] as const,
    [READS, 304, "", "protocol", undefined] as const,
    [READS, 204, "", "protocol", undefined] as const,
  ])("(%o %i %s: %s)", async (operations, status, body, code, hint) => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry);
    registry.fail({ times: 1000 }, { kind: "answer", status, body });
    for (const operation of Object.values(operations)) {
      const failure = await operation(remote).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({
        ...{ code, side: "team" },
        message: expect.stringMatching(/^The .*\(127\.0\.0\.1:\d+, repository acme\/cache\)/),
      });
      expect(failure).toHaveProperty("hint", hint === undefined ? undefined : expect.stringContaining(hint));
      expect(JSON.stringify([String(failure), failure])).not.toContain("hunter2");
    }
    expect(registry.requests.length).toBeLessThan(6); // Nothing was tried twice.
  });

  test("and quotas are told from permissions, where there is a text", async () => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry);
    const body = errors("DENIED", "storage quota exceeded");
    for (const method of ["POST", "PUT"])
      registry.fail({ method, times: 10 }, { kind: "answer", status: 403, body });
    for (const operation of Object.values(WRITES)) {
      await expect(operation(remote)).rejects.toMatchObject({
        code: "refused",
        hint: expect.stringContaining("prune"),
      });
    }
  });

  test.each([
    [429, errors("TOOMANYREQUESTS", "slow down"), "refused"],
    [500, "<html>", "unreachable"],
    [503, "", "unreachable"],
    [408, "", "unreachable"],
  ])("after all retries if it may pass (%i)", async (status, body, code) => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry);
    registry.fail({ times: 1000 }, { kind: "answer", status, body });
    for (const operation of [...Object.values(READS), ...Object.values(WRITES)]) {
      const before = registry.requests.length;
      await expect(operation(remote)).rejects.toMatchObject({ code, side: "team", retryable: false });
      expect(registry.requests.length - before).toBe(DEFAULT_RETRIES.retries + 1);
    }
  });

  test("and a removal that is not possible names the provider's way", async () => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry);
    registry.fail({ method: "DELETE" }, { kind: "answer", status: 405, body: errors("UNSUPPORTED", "x") });
    registry.fail({ method: "DELETE" }, { kind: "answer", status: 400, body: errors("UNSUPPORTED", "x") });
    for (let time = 0; time < 2; time++) {
      await expect(remote.removeManifest(digest)).rejects.toMatchObject({
        ...{ code: "refused", side: "team" },
        hint: expect.stringContaining("REGISTRY_STORAGE_DELETE_ENABLED=true"),
      });
    }
  });

  test.each([
    ["ghcr.io", "gh api"],
    ["registry-1.docker.io", "hub.docker.com"],
    ["1234.dkr.ecr.eu-central-1.amazonaws.com", "aws ecr batch-delete-image --repository-name acme/cache"],
    ["public.ecr.aws", "aws ecr-public batch-delete-image --repository-name cache"],
    [
      "europe-docker.pkg.dev",
      "gcloud artifacts docker images delete europe-docker.pkg.dev/acme/cache@sha256:x",
    ],
    ["acme.azurecr.io", "az acr repository delete --name acme"],
    ["registry.example:5000", "REGISTRY_STORAGE_DELETE_ENABLED=true"],
    ["notghcr.io", "REGISTRY_STORAGE_DELETE_ENABLED=true"],
  ])("of %s: %s", (host, way) => {
    expect(deletionHint(host, "acme/cache", "sha256:x")).toContain(way);
  });
});

test.each([
  [errors("DENIED", "a\u001b[31m\nb  c\u202e"), "a [31m b c"],
  [errors("X", "see https://user:hunter2@host/a?token=hunter2 there"), "see https://host/a there"],
  [errors("X", "x".repeat(1000)), `${"x".repeat(200)}…`],
  ['{"error":"invalid_grant","error_description":"token expired"}', "token expired"],
  ["plain text", "plain text"],
  ["<html><body>502", ""],
  ["{broken", ""],
  ['{"errors":{"a":1}}', ""],
  ['{"errors":[null,1,"x",{"message":2}]}', ""],
])("of the body %.60s people see: %s", (body, message) => {
  expect(parseErrorBody(body).message).toBe(message);
});

describe("trying again", () => {
  test("waits as long as the registry asks, but not longer than we want to", async () => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry, { retries: { maxAskedMs: 400 } });
    registry.fail({}, { kind: "answer", status: 429, headers: { "retry-after": "3600" } });
    const soon = new Date(Date.now() + 1000).toUTCString();
    registry.fail({}, { kind: "answer", status: 503, headers: { "retry-after": soon } });
    const start = performance.now();
    expect(await remote.manifest("a")).toBeUndefined();
    expect(performance.now() - start).toBeGreaterThan(395);
    expect(registry.requests).toHaveLength(3);
  });

  test("ends at once with the signal's reason", async () => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry);
    registry.fail({ times: 100 }, { kind: "answer", status: 429, headers: { "retry-after": "20" } });
    const reason = new Error("enough");
    const start = performance.now();
    const controller = new AbortController();
    const asked = remote.manifest("a", { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(asked).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test("does not go on for longer than it may in all", async () => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry, { retries: { totalMs: 500 } });
    registry.fail({ times: 100 }, { kind: "answer", status: 429, headers: { "retry-after": "20" } });
    await expect(remote.manifest("a")).rejects.toMatchObject({ code: "refused" });
    expect(registry.requests).toHaveLength(1);
  });
});

describe("a registry that is not there", () => {
  test("is said to be so at once", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const remote = await fakes.client({ host: `127.0.0.1:${port}` }, { retries: { baseMs: 60_000 } });
    await expect(remote.manifest("a")).rejects.toMatchObject({
      ...{ code: "unreachable", side: "team", message: expect.stringContaining("nothing listens there") },
    });
  });

  test.each([
    ["does not answer", { kind: "stall" }],
    ["asks to wait", { kind: "answer", status: 503, headers: { "retry-after": "20" } }],
  ] as const)("costs no more than the time to its first byte if it %s", async (_, fault) => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry, { firstByteMs: 200 });
    registry.fail({ times: 100 }, fault);
    for (const operation of [...Object.values(READS), (each: Remote) => each.hasBlob(blob.descriptor)]) {
      const start = performance.now();
      await expect(operation(remote)).rejects.toMatchObject({
        ...{ code: "unreachable", side: "team", message: expect.stringContaining("within 0.2 s") },
      });
      expect(performance.now() - start).toBeLessThan(10_000);
    }
  });

  test("may take longer for the rest", async () => {
    const registry = await fakes.start();
    const remote = await fakes.client(registry, { firstByteMs: 5000 });
    const large = randomBlob(3_000_000);
    await remote.pushBlob(large);
    const pieces: Uint8Array[] = [];
    const quick = await fakes.client(registry, { firstByteMs: 1000 });
    await quick.manifest("a");
    const start = performance.now();
    for await (const piece of quick.blob(large.descriptor)) {
      pieces.push(piece);
      if (pieces.length === 1) await new Promise((resolve) => setTimeout(resolve, 1200));
    }
    expect(performance.now() - start).toBeGreaterThan(1190);
    expect(Buffer.compare(Buffer.concat(pieces), large.bytes)).toBe(0);
  });
});
