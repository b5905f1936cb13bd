// SPDX-License-Identifier: MIT OR Apache-2.0
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { openRegistry } from "../../../src/remote/registry/open-registry.ts";
import { type Certificates, makeCertificates } from "../../support/certificates.ts";
import type { FakeRegistry } from "../../support/fake-registry.ts";
import { FakeRegistries } from "../../support/open-fake.ts";
import { collect, pushImage, randomBlob } from "../../support/remote-content.ts";
import { listenOnLoopback } from "../../support/services/listening.ts";

vi.setConfig({ testTimeout: 60_000 });

const fakes = new FakeRegistries();
let certificates: Certificates;

beforeAll(() => {
  certificates = makeCertificates(["DNS:registry.test", "IP:127.0.0.1"]);
}, 60_000);
afterEach(() => fakes.close());

describe("TLS", () => {
  test("is spoken on this machine where it is understood, with an authority of one's own", async () => {
    const registry = await fakes.start({ tls: certificates.server });
    const remote = await fakes.client(registry, { ca: certificates.ca });
    const { digest } = await pushImage(remote, "text", "tag");
    expect((await remote.manifest("tag"))?.descriptor.digest).toBe(digest);
  });

  test("is asked about again where nobody answered before", async () => {
    const registry = await fakes.start();
    let isFirst = true;
    const server = createTcpServer((near) => {
      near.on("error", () => {});
      if (isFirst) near.resume();
      else near.pipe(connect(Number(new URL(registry.origin).port), "127.0.0.1")).pipe(near);
      isFirst = false;
    });
    onTestFinished(() => void server.close());
    const url = `oci://127.0.0.1:${await listenOnLoopback(server)}/acme/cache`;
    const remote = await fakes.client(registry, { url, firstByteMs: 200 });
    await expect(remote.manifest("tag")).rejects.toMatchObject({ code: "unreachable" });
    expect(await remote.manifest("tag")).toBeUndefined();
  });

  test("is not given up for a certificate that nobody vouches for", async () => {
    const registry = await fakes.start({ tls: certificates.server });
    const remote = await fakes.client(registry);
    await expect(remote.manifest("tag")).rejects.toMatchObject({
      ...{ code: "unreachable", side: "team", hint: expect.stringContaining("`ca`") },
    });
    expect(registry.requests).toEqual([]);
  });

  test("proves who we are where that is wanted", async () => {
    const registry = await fakes.start({ tls: { ...certificates.server, ca: certificates.ca } });
    const { ca, client } = certificates;
    const known = await fakes.client(registry, { ca, clientCert: client.cert, clientKey: client.key });
    expect(await known.manifest("tag")).toBeUndefined();
    const unknown = await fakes.client(registry, { ca, retries: { retries: 1 } });
    await expect(unknown.manifest("tag")).rejects.toMatchObject({ code: "unreachable" });
    expect(registry.requests).toHaveLength(1);
  });

  test("is not left by redirects, links and places of uploads, whatever a registry behind a proxy says", async () => {
    const registry = await fakes.start({ tls: certificates.server });
    const elsewhere = await fakes.start();
    const remote = await fakes.client(registry, { ca: certificates.ca });
    const blob = randomBlob(1000);
    // Its own host, as it sees itself: http.
    const plain = registry.origin.replace("https:", "http:");
    registry.repository("acme/cache").uploads.set("1", { size: 0, pieces: [] });
    const location = `${plain}/v2/acme/cache/blobs/uploads/1?_state=a%2Fb~c%3D`;
    registry.fail({ method: "POST" }, { kind: "headers", headers: { location } });
    await remote.pushBlob(blob);
    expect((await collect(remote.blob(blob.descriptor))).length).toBe(1000);
    const headers = { location: `${elsewhere.origin}/x` };
    registry.fail({ method: "GET" }, { kind: "answer", status: 307, headers });
    await expect(collect(remote.blob(blob.descriptor))).rejects.toMatchObject({ code: "protocol" });
    registry.fail({ method: "POST" }, { kind: "headers", headers });
    await expect(remote.pushBlob(randomBlob(10))).rejects.toMatchObject({ code: "protocol" });
    expect(elsewhere.requests).toEqual([]);
  });

  test("needs both parts of a client certificate", async () => {
    const { ca, client } = certificates;
    await expect(fakes.client({ host: "h" }, { ca, clientCert: client.cert })).rejects.toMatchObject({
      code: "config",
    });
  });
});

describe("a proxy", () => {
  let proxy: string;
  let asked: { readonly target: string; readonly login: string | undefined }[];
  let registry: FakeRegistry;
  const server = createServer();
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    // Leads to the test's registry, whatever host is asked for.
    server.on("connect", ({ url = "", headers }: IncomingMessage, socket: Socket) => {
      asked.push({ target: url, login: headers["proxy-authorization"] });
      const onward = connect(Number(registry.host.split(":")[1]), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connected\r\n\r\n");
        socket.pipe(onward).pipe(socket);
      });
      for (const each of [socket, onward]) {
        sockets.add(each);
        each.on("error", () => {});
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy = `http://user:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
  });
  afterAll(() => void server.close());

  test("is gone through to the registry, which does not see what logs in at the proxy", async () => {
    asked = [];
    registry = await fakes.start({ tls: certificates.server });
    const remote = await fakes.client(registry, {
      ...{ url: "oci://registry.test/acme/cache", ca: certificates.ca, env: { HTTPS_PROXY: proxy } },
    });
    const { digest } = await pushImage(remote, "text", "tag");
    expect((await remote.manifest("tag"))?.descriptor.digest).toBe(digest);
    const blob = randomBlob(200_000);
    await remote.pushBlob(blob);
    expect(Buffer.compare(await collect(remote.blob(blob.descriptor)), blob.bytes)).toBe(0);
    expect(asked[0]?.target).toBe("registry.test:443");
    expect(asked[0]?.login).toBe(`Basic ${Buffer.from("user:hunter2").toString("base64")}`);
    expect(JSON.stringify(registry.requests)).not.toMatch(/proxy-authorization|hunter2/);
  });

  test("that fails is not told of with its password", async () => {
    registry = await fakes.start();
    const remote = await fakes.client(registry, {
      ...{ url: "oci://registry.test/acme/cache", retries: { retries: 1 } },
      env: { https_proxy: "http://user:hunter2@127.0.0.1:1" },
    });
    const failure = await remote.manifest("a").catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "unreachable" });
    expect(JSON.stringify([String(failure), failure])).not.toContain("hunter2");
  });

  test("also leads to a registry that the settings name for plain HTTP", async () => {
    asked = [];
    registry = await fakes.start();
    const env = { http_proxy: `http://${registry.host}` };
    const remote = await fakes.client(registry, {
      url: "oci://registry.test:5000/acme/cache",
      env,
      insecure: true,
    });
    expect(await remote.manifest("tag")).toBeUndefined();
    expect(registry.requests.map(({ path }) => path)).toEqual([
      "http://registry.test:5000/v2/acme/cache/manifests/tag",
    ]);
  });
});

test("Docker Hub's registry has another name, and its images without a namespace one", async () => {
  const options = { name: "hub", credentials: async () => undefined, env: {}, userAgent: "test" };
  for (const [url, repository] of [
    ["oci://docker.io/alpine", "library/alpine"],
    ["oci://index.docker.io/acme/cache", "acme/cache"],
  ] as const) {
    const hub = await openRegistry({ ...options, url });
    expect([hub.url, hub.repository]).toEqual([url, repository]);
    await hub.close();
  }
});

test("closing ends what is under way", async () => {
  const registry = await fakes.start();
  const remote = await fakes.client(registry);
  registry.fail({ times: 100 }, { kind: "stall" });
  const asked = remote.manifest("a");
  await expect.poll(() => registry.requests.length).toBe(1);
  const ended = expect(asked).rejects.toMatchObject({ code: "unreachable", side: "team" });
  await remote.close();
  await ended;
});

test.each([["s3://bucket/prefix"], ["oci-layout:x"], ["nonsense"], ["oci://user:hunter2@h/a"]])(
  "%s is not the address of a registry",
  async (url) => {
    await expect(fakes.client({ host: "h" }, { url })).rejects.toMatchObject({ code: "usage" });
  },
);
