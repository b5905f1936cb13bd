// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { sleep } from "./process.ts";
import { makeCertificate } from "./services/certificates.ts";
import { listenOnLoopback } from "./services/listening.ts";

const BODY = Buffer.alloc(300_000, "0123456789");

let upstream: Server;
let port: number;
let proxy: FaultProxy;
let seen: { method: string; path: string; authorization: string | undefined; body: Buffer | undefined }[];

beforeEach(async () => {
  seen = [];
  upstream = createServer(async (incoming, response) => {
    const one: (typeof seen)[number] = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      authorization: incoming.headers.authorization,
      body: undefined,
    };
    seen.push(one);
    one.body = await buffer(incoming).catch(() => undefined);
    if (one.path === "/secret" && one.authorization === undefined) response.writeHead(401).end();
    else if (one.path === "/away") {
      const host = `http://127.0.0.1:${port}`;
      const location =
        incoming.headers["x-own-name"] === undefined ? host : `http://${incoming.headers.host}`;
      response.writeHead(202, { location: `${location}/up/1`, link: `<${host}/next>; rel="next"` }).end();
    } else response.writeHead(200, { "content-length": BODY.length }).end(BODY);
  });
  port = await listenOnLoopback(upstream);
  proxy = await startFaultProxy({ upstream: `http://127.0.0.1:${port}`, recordBodies: true });
});

afterEach(async () => {
  await proxy.close();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

interface Got {
  readonly status: number;
  readonly body: Buffer;
  readonly error: string | undefined;
}

/** Asks on a connection of its own and says how far the answer came. */
function ask(path: string, method = "GET", body?: Buffer, headers = {}): Promise<Got> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status = 0;
    const done = (error?: NodeJS.ErrnoException) =>
      resolve({ status, body: Buffer.concat(chunks), error: error?.code });
    const chunked = "transfer-encoding" in headers;
    const length = body === undefined || chunked ? {} : { "content-length": body.length };
    const outgoing = request(
      `${proxy.url}${path}`,
      { method, agent: false, headers: { ...length, ...headers } },
      (incoming: IncomingMessage) => {
        status = incoming.statusCode ?? 0;
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => done());
        incoming.on("error", done);
      },
    );
    outgoing.on("error", done);
    outgoing.end(body);
  });
}

describe("without a fault", () => {
  test("requests and responses pass unchanged, numbered and recorded", async () => {
    const got = await ask("/a?b=c", "PUT", Buffer.from("content"), { "X-Name": "value" });
    expect(got).toEqual({ status: 200, body: BODY, error: undefined });
    expect((await ask("/d")).body).toEqual(BODY);
    await proxy.settled();
    expect(proxy.requests).toMatchObject([
      { number: 1, method: "PUT", path: "/a?b=c", requestBytes: 7, status: 200, responseBytes: BODY.length },
      { number: 2, method: "GET", path: "/d", requestBytes: 0, status: 200, fault: undefined, ended: true },
    ]);
    expect(seen.map(({ method, path, body }) => [method, path, body?.toString()])).toEqual([
      ["PUT", "/a?b=c", "content"],
      ["GET", "/d", ""],
    ]);
    const received = proxy.received().toString();
    for (const part of ["PUT /a?b=c HTTP/1.1\r\n", "X-Name: value\r\n", "\r\n\r\ncontent", "GET /d "]) {
      expect(received).toContain(part);
    }
  });

  test("upstream's URLs become the proxy's, however upstream calls itself", async () => {
    for (const headers of [{}, { "x-own-name": "yes" }]) {
      const response = await fetch(`${proxy.url}/away`, { method: "POST", headers });
      expect(response.headers.get("location")).toBe(`${proxy.url}/up/1`);
      expect(response.headers.get("link")).toBe(`<${proxy.url}/next>; rel="next"`);
    }
  });

  test("bodies are kept only if wanted", async () => {
    const plain = await startFaultProxy({ upstream: `http://127.0.0.1:${port}` });
    await (await fetch(plain.url, { method: "PUT", body: "content" })).arrayBuffer();
    expect(plain.requests).toMatchObject([{ requestBytes: 7, requestBody: Buffer.alloc(0) }]);
    await plain.close();
  });

  test("an upstream that is not there is a bad gateway", async () => {
    const lonely = await startFaultProxy({ upstream: "http://127.0.0.1:1" });
    expect((await fetch(lonely.url)).status).toBe(502);
    await lonely.close();
  });
});

describe("a fault", () => {
  test("hits the request of its number and no other", async () => {
    proxy.inject(2, { kind: "status", status: 503, headers: { "retry-after": "1" } });
    expect((await ask("/1")).status).toBe(200);
    expect((await ask("/2", "PUT", BODY)).status).toBe(503);
    expect((await ask("/3")).status).toBe(200);
    expect(seen.map(({ path }) => path)).toEqual(["/1", "/3"]);
    expect(proxy.requests.map(({ fault }) => fault?.kind)).toEqual([undefined, "status", undefined]);
    proxy.restart();
    expect((await ask("/1")).status).toBe(200);
    expect((await ask("/2")).status).toBe(200);
    expect(proxy.requests.map(({ number }) => number)).toEqual([1, 2]);
  });

  test("hits the requests that it picks by itself", async () => {
    proxy.inject(({ method }) => method === "PUT", { kind: "status", status: 429 });
    const statuses = [
      (await ask("/")).status,
      (await ask("/", "PUT")).status,
      (await ask("/", "PUT")).status,
    ];
    expect(statuses).toEqual([200, 429, 429]);
  });

  test("resets the connection before upstream is asked", async () => {
    proxy.inject(1, { kind: "reset", when: "before" });
    expect(await ask("/")).toMatchObject({ status: 0, error: "ECONNRESET" });
    expect(seen).toEqual([]);
    expect(proxy.requests).toMatchObject([{ fault: { kind: "reset" }, status: undefined }]);
  });

  test("resets the connection when upstream has done what it was asked", async () => {
    proxy.inject(1, { kind: "reset", when: "after" });
    expect(await ask("/", "PUT", BODY)).toMatchObject({ status: 0, error: "ECONNRESET" });
    expect(seen[0]?.body).toEqual(BODY);
  });

  test("cuts an upload, which upstream does not take for a whole one", async () => {
    for (const [index, headers] of [{}, { "transfer-encoding": "chunked" }].entries()) {
      proxy.inject(index + 1, { kind: "cut-upload", bytes: 100_000 });
      const got = await ask("/", "PUT", BODY, headers);
      expect(got.status).toBe(0);
      expect(["ECONNRESET", "EPIPE"]).toContain(got.error);
    }
    await proxy.settled();
    await sleep(50);
    expect(seen.map(({ body }) => body)).toEqual([undefined, undefined]);
    expect(proxy.requests.map(({ fault }) => fault?.kind)).toEqual(["cut-upload", "cut-upload"]);
  });

  test.each(["reset", "close"] as const)("ends a response at a byte by a %s", async (end) => {
    proxy.inject(1, { kind: "truncate", bytes: 70_001, end });
    const got = await ask("/");
    expect(got.status).toBe(200);
    expect(got.body).toEqual(BODY.subarray(0, 70_001));
    expect(got.error).toBe("ECONNRESET");
    expect(proxy.requests).toMatchObject([{ responseBytes: 70_001, fault: { kind: "truncate" } }]);
  });

  test("ends a response before its first byte", async () => {
    proxy.inject(1, { kind: "truncate", bytes: 0 });
    expect(await ask("/")).toMatchObject({ status: 200, body: Buffer.alloc(0), error: "ECONNRESET" });
  });

  test("changes one byte of a response or of a request", async () => {
    proxy.inject(1, { kind: "corrupt", in: "response", at: 200_000 });
    proxy.inject(2, { kind: "corrupt", in: "request" });
    const { body, error } = await ask("/");
    expect(error).toBeUndefined();
    expect(differences(body, BODY)).toEqual([200_000]);
    await ask("/", "PUT", BODY);
    expect(differences(seen[1]?.body ?? Buffer.alloc(0), BODY)).toEqual([0]);
  });

  test("stalls before the response, or within it", async () => {
    proxy.inject(1, { kind: "stall", ms: 200 });
    proxy.inject(2, { kind: "stall", ms: 200, bytes: 1000 });
    for (const path of ["/1", "/2"]) {
      const start = performance.now();
      expect((await ask(path)).body).toEqual(BODY);
      expect(performance.now() - start).toBeGreaterThan(190);
    }
    expect(proxy.requests.map(({ fault }) => fault?.kind)).toEqual(["stall", "stall"]);
  });

  test("of expired credentials is upstream's own refusal", async () => {
    proxy.inject(2, { kind: "unauthorized" });
    const headers = { authorization: "Bearer x" };
    expect((await ask("/secret", "GET", undefined, headers)).status).toBe(200);
    expect((await ask("/secret", "GET", undefined, headers)).status).toBe(401);
    expect(seen.map(({ authorization }) => authorization)).toEqual(["Bearer x", undefined]);
  });

  test("is not noted where there was nothing to break", async () => {
    proxy.inject(1, { kind: "truncate", bytes: BODY.length });
    proxy.inject(2, { kind: "corrupt", in: "request", at: 10 });
    proxy.inject(3, { kind: "unauthorized" });
    for (const path of ["/1", "/2", "/3"]) expect((await ask(path)).body).toEqual(BODY);
    expect(proxy.requests.map(({ fault }) => fault)).toEqual([undefined, undefined, undefined]);
  });
});

test("TLS is spoken to clients and to upstream, and reset below it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "green-proxy-"));
  const certificate = makeCertificate(directory, "proxy");
  const upstreamOfTls = `http://127.0.0.1:${port}`;
  const inner = await startFaultProxy({ upstream: upstreamOfTls, certificate });
  const outer = await startFaultProxy({ upstream: inner.url, upstreamCa: certificate.ca });
  expect(inner.url).toMatch(/^https:/);
  const answer = await fetch(`${outer.url}/away`, { method: "POST", headers: { "x-own-name": "yes" } });
  expect(answer.headers.get("location")).toBe(`${outer.url}/up/1`);
  expect(Buffer.from(await (await fetch(outer.url)).arrayBuffer())).toEqual(BODY);
  inner.inject(3, { kind: "reset", when: "before" });
  expect((await fetch(outer.url)).status).toBe(502);
  expect(inner.requests).toMatchObject([{}, {}, { fault: { kind: "reset" } }]);
  await outer.close();
  await inner.close();
  rmSync(directory, { recursive: true });
});

test("a slow link in front delays what is asked through it", async () => {
  const slow = await startFaultProxy({ upstream: `http://127.0.0.1:${port}`, link: { latencyMs: 50 } });
  const start = performance.now();
  const answer = await fetch(`${slow.url}/away`, { method: "POST" });
  expect(performance.now() - start).toBeGreaterThan(190);
  expect(answer.headers.get("location")).toBe(`${slow.url}/up/1`);
  await slow.close();
});

/** Where two buffers of the same length differ. */
function differences(a: Buffer, b: Buffer): number[] {
  expect(a.length).toBe(b.length);
  return [...a.keys()].filter((index) => a[index] !== b[index]);
}
