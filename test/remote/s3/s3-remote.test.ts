// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { parseAddress } from "../../../src/remote/address.ts";
import { OCI_MANIFEST } from "../../../src/remote/media-types.ts";
import { bucketKeys } from "../../../src/remote/s3/bucket-keys.ts";
import { S3Remote, type S3RemoteOptions } from "../../../src/remote/s3/s3-remote.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { collect, listed, pushImage, randomBlob } from "../../support/remote-content.ts";
import { describeWith } from "../../support/services/needs.ts";
import { signedS3Request } from "../../support/services/s3-request.ts";
import { type S3Server, startS3 } from "../../support/services.ts";
import { remoteContract } from "../contract.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describeWith(["versitygw"], "a bucket", () => {
  let server: S3Server;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startS3();
    proxy = await startFaultProxy({ upstream: server.endpoint });
  });
  const opened: S3Remote[] = [];
  afterAll(async () => {
    for (const remote of opened) await remote.close();
    await proxy?.close();
    await server?.close();
  });

  function open(
    prefix: string,
    options: Partial<S3RemoteOptions> = {},
    endpoint = server.endpoint,
  ): S3Remote {
    const text = `s3://${server.bucket}/${prefix}?region=${server.region}&endpoint=${endpoint}`;
    const address = parseAddress(text, { directory: "/" });
    if (address.kind !== "s3") throw new Error(text);
    const remote = new S3Remote("bucket", address, { env: {}, credentials: server.credentials, ...options });
    opened.push(remote);
    return remote;
  }

  /** The signature is of the path as AWS encodes it. */
  const pathOf = (key: string) => `/${server.bucket}/${key.replaceAll(":", "%3A")}`;

  remoteContract("an S3 bucket", async () => {
    const prefix = randomUUID();
    const mine = [open(prefix)];
    const reopen = () => {
      const remote = open(prefix);
      mine.push(remote);
      return remote;
    };
    return {
      remote: mine[0] ?? reopen(),
      reopen: async () => reopen(),
      damage: async (digest) => {
        const key = pathOf(bucketKeys(prefix).blob(digest as `sha256:${string}`));
        const { body } = await signedS3Request(server, "GET", key);
        expect(body.length).toBeGreaterThan(0);
        const { status } = await signedS3Request(server, "PUT", key, "x".repeat(5000));
        expect(status).toBe(200);
      },
      close: async () => {
        for (const remote of mine) await remote.close();
      },
    };
  });

  test("takes large blobs in parts", async () => {
    const remote = open(randomUUID());
    const blob = randomBlob(20_000_000);
    let sent = 0;
    const onSent = (bytes: number) => {
      sent += bytes;
    };
    expect(await remote.pushBlob(blob, { onSent })).toBe("sent");
    expect(sent).toBe(20_000_000);
    expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
    const wrong = { ...blob, descriptor: { ...blob.descriptor, digest: randomBlob(1).descriptor.digest } };
    await expect(remote.pushBlob(wrong)).rejects.toMatchObject({ code: "corrupt", side: "bucket" });
    expect(await remote.hasBlob(wrong.descriptor)).toBe(false);
    const { body } = await signedS3Request(server, "GET", `/${server.bucket}?uploads=`);
    expect(body).not.toContain("<Upload>");
    await remote.close();
  });

  test("keeps what a client of registries would ask for under the path that it would ask with", async () => {
    const prefix = randomUUID();
    const remote = open(prefix);
    const { digest } = await pushImage(remote, "image", "tag");
    await remote.close();
    const keys = bucketKeys(prefix);
    for (const key of [keys.manifest("tag"), keys.manifest(digest)]) {
      const { status, body } = await signedS3Request(server, "GET", pathOf(key));
      expect([status, JSON.parse(body)]).toMatchObject([200, { mediaType: OCI_MANIFEST }]);
    }
    expect((await signedS3Request(server, "GET", pathOf(keys.ping))).status).toBe(200);
  });

  test("is not asked for more pages than there are tags for, whatever digests lie between", async () => {
    const prefix = randomUUID();
    const remote = open(prefix, {}, proxy.url);
    for (const tag of ["a", "sha256", "sha256-x", "sha2560", "z"]) await pushImage(remote, tag, tag);
    proxy.restart();
    expect(await listed(remote.tags({ page: 3 }))).toEqual(["a", "sha256", "sha256-x", "sha2560", "z"]);
    expect(proxy.requests.length).toBeLessThanOrEqual(4);
    await remote.close();
  });

  describe("behind a bad connection", () => {
    const blob = randomBlob(3_000_000);
    let remote: S3Remote;

    beforeEach(async () => {
      const prefix = randomUUID();
      await open(prefix).pushBlob(blob);
      remote = open(prefix, {}, proxy.url);
      proxy.restart();
    });
    afterEach(() => remote.close());

    test("goes on where a download broke off", async () => {
      proxy.inject(1, { kind: "truncate", bytes: 1_000_000 });
      proxy.inject(2, { kind: "status", status: 503 });
      proxy.inject(3, { kind: "truncate", bytes: 500_000, end: "close" });
      expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
      expect(proxy.requests.map(({ status }) => status)).toEqual([200, 503, 206, 206]);
      const from = proxy.requests.map(({ rawHeaders }) => /bytes=(\d+)-/.exec(rawHeaders.join(" "))?.[1]);
      expect(from.slice(1).every((offset) => Number(offset) > 0)).toBe(true);
    });

    test("gives up on one that never goes on", async () => {
      proxy.inject(1, { kind: "truncate", bytes: 1_000_000 });
      proxy.inject(({ number }) => number > 1, { kind: "reset", when: "before" });
      await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({
        ...{ code: "unreachable", side: "bucket", retryable: true, hint: expect.any(String) },
      });
    });

    test("sees that a byte is another", async () => {
      proxy.inject(1, { kind: "corrupt", in: "response", at: 2_000_000 });
      await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "corrupt" });
    });

    test.each([
      { kind: "reset", when: "before" },
      { kind: "reset", when: "after" },
      { kind: "status", status: 500 },
      { kind: "status", status: 503, headers: { "retry-after": "1" } },
    ] as const)(
      "tries again after %j, whatever it was about",
      async (fault) => {
        const count = async () => {
          const { digest } = await pushImage(remote, "image", "tag");
          expect((await remote.manifest("tag"))?.descriptor.digest).toBe(digest);
          expect(await listed(remote.tags())).toEqual(["tag"]);
          await remote.removeManifest(digest);
          expect(await remote.manifest("tag")).toBeUndefined();
        };
        await count();
        const all = proxy.requests.length;
        proxy.restart();
        const hit = new Set<string>();
        proxy.inject(({ method, path }) => {
          const fresh = !hit.has(`${method} ${path}`);
          hit.add(`${method} ${path}`);
          return fresh;
        }, fault);
        await count();
        expect(proxy.requests.length).toBeGreaterThan(all);
      },
      60_000,
    );

    test("does not wait longer for an answer than it is told to", async () => {
      const prefix = randomUUID();
      const impatient = open(prefix, { firstByteMs: 300 }, proxy.url);
      const descriptor = randomBlob(10).descriptor;
      const asks: readonly (() => Promise<unknown>)[] = [
        () => impatient.manifest("a"),
        () => impatient.hasBlob(descriptor),
        () => collect(impatient.blob(descriptor)),
        () => listed(impatient.tags()),
      ];
      proxy.inject(() => true, { kind: "stall", ms: 5000 });
      for (const ask of asks) {
        const before = performance.now();
        await expect(ask()).rejects.toMatchObject({ code: "unreachable", side: "bucket" });
        expect(performance.now() - before).toBeLessThan(2500);
      }
      await impatient.close();
    });

    test("stores nothing of an upload that ends half-way", async () => {
      const large = randomBlob(20_000_000);
      proxy.inject(({ method, path }) => method === "PUT" && path.includes("partNumber=2"), {
        ...{ kind: "cut-upload", bytes: 1_000_000 },
      });
      await expect(remote.pushBlob(large)).rejects.toMatchObject({ code: "unreachable", side: "bucket" });
      expect(await remote.hasBlob(large.descriptor)).toBe(false);
      const { body } = await signedS3Request(server, "GET", `/${server.bucket}?uploads=`);
      expect(body).not.toContain("<Upload>");
    });
  });

  describe("that cannot be used says why:", () => {
    const failure = (ask: Promise<unknown>) => ask.then(() => undefined).catch((thrown: unknown) => thrown);

    test("wrong credentials, without showing them", async () => {
      const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "hunter2hunter2" };
      const remote = open(randomUUID(), { credentials });
      const error = await failure(remote.manifest("a"));
      expect(error).toMatchObject({
        code: "denied",
        side: "bucket",
        hint: expect.stringContaining("AWS_PROFILE"),
      });
      expect(inspect(error, { depth: 9 })).not.toMatch(/hunter2|AKIAEXAMPLE|Signature=/);
    });

    test("no credentials, for which requests are not signed", async () => {
      const env = { ...process.env };
      Object.assign(process.env, {
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_CONFIG_FILE: "/nowhere",
        AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
      });
      onTestFinished(() => {
        process.env = env;
      });
      proxy.restart();
      const remote = open(randomUUID(), { credentials: undefined }, proxy.url);
      expect(await failure(remote.manifest("a"))).toMatchObject({ code: "denied", side: "bucket" });
      expect(proxy.requests[0]?.rawHeaders.join("\n")).not.toMatch(/authorization/i);
    });

    test("no such bucket", async () => {
      const address = parseAddress(`s3://no-such-bucket?endpoint=${server.endpoint}`, { directory: "/" });
      if (address.kind !== "s3") throw new Error("no bucket");
      const remote = new S3Remote("bucket", address, { env: {}, credentials: server.credentials });
      expect(await failure(listed(remote.tags()))).toMatchObject({ code: "refused", side: "bucket" });
      expect(await failure(remote.pushBlob(randomBlob(1)))).toMatchObject({ code: "refused" });
    });

    test("nobody there", async () => {
      const remote = open(randomUUID(), {}, "http://127.0.0.1:1");
      expect(await failure(remote.manifest("a"))).toMatchObject({
        ...{ code: "unreachable", side: "bucket", retryable: true },
      });
    });

    test("something else there", async () => {
      proxy.restart();
      proxy.inject(() => true, { kind: "status", status: 200, body: "<html>Log in</html>" });
      const remote = open(randomUUID(), {}, proxy.url);
      expect(await failure(listed(remote.tags()))).toMatchObject({ code: "protocol", side: "bucket" });
      expect(await failure(remote.manifest("a"))).toMatchObject({ code: "protocol", side: "bucket" });
      const nothing = remote.manifest(`sha256:${"0".repeat(64)}`);
      expect(await failure(nothing)).toMatchObject({ code: "corrupt", side: "bucket" });
    });

    test("another region", async () => {
      proxy.restart();
      const headers = { "x-amz-bucket-region": "eu-central-1" };
      proxy.inject(() => true, { kind: "status", status: 301, headers });
      const remote = open(randomUUID(), {}, proxy.url);
      expect(await failure(remote.hasBlob(randomBlob(1).descriptor))).toMatchObject({
        ...{ code: "refused", hint: "add ?region=eu-central-1 to the address" },
      });
    });

    test("no more space", async () => {
      proxy.restart();
      const body = "<Error><Code>QuotaExceeded</Code><Message>full</Message></Error>";
      proxy.inject(({ method }) => method === "PUT", { kind: "status", status: 409, body });
      const remote = open(randomUUID(), {}, proxy.url);
      expect(await failure(remote.pushBlob(randomBlob(1)))).toMatchObject({
        code: "refused",
        side: "bucket",
      });
    });
  });
});
