// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectFailure } from "../../../src/runner/stream/connect-failure.ts";
import { firstWord } from "../../../src/runner/stream/first-word.ts";
import { socketOpener } from "../../../src/runner/stream/socket-opener.ts";
import type { StreamAddress } from "../../../src/runner/stream/stream-address.ts";
import { makeCertificates } from "../../support/certificates.ts";

const HINTS = {
  side: "far",
  startHint: "start it",
  permissionHint: "join its group",
  otherHint: "is it that?",
};
let directory: string;
const servers: Server[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "green-sockets-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function listen(server: Server, path?: string): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(path, resolve),
  );
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const open = (address: Exclude<StreamAddress, { kind: "ssh" }>, signal?: AbortSignal) =>
  socketOpener(address, { ...HINTS, alpn: "h2" })(signal);

test("a socket is opened, and what is said first can be waited for and is still there", async () => {
  const path = join(directory, "one.sock");
  await listen(
    createServer((socket) => socket.end("hello")),
    path,
  );
  const stream = await open({ kind: "unix", path });
  expect(await firstWord(stream, 5000, undefined)).toBe("spoken");
  expect(String(stream.read())).toBe("hello");
  stream.destroy();
});

test("that nothing is said is no error, and that a stream ends is one", async () => {
  const path = join(directory, "two.sock");
  await listen(
    createServer((socket) => setTimeout(() => socket.destroy(), 100)),
    path,
  );
  const stream = await open({ kind: "unix", path });
  expect(await firstWord(stream, 10, undefined)).toBe("silent");
  await expect(firstWord(stream, 5000, undefined)).rejects.toThrow("The connection broke");
});

test("a socket that is not there, or to which nobody listens, says how to start it", async () => {
  const path = join(directory, "none.sock");
  await expect(open({ kind: "unix", path })).rejects.toMatchObject({
    ...{ code: "unreachable", hint: "start it", side: "far" },
    message: `unix://${path} cannot be reached: there is no such socket`,
  });
  const port = await listen(createServer());
  servers.pop()?.close();
  await expect(open({ kind: "tcp", host: "127.0.0.1", port, tls: undefined })).rejects.toMatchObject({
    ...{ code: "unreachable", hint: "start it", retryable: true },
    message: `tcp://127.0.0.1:${port} cannot be reached: nothing listens there`,
  });
});

test("a stream that is not wanted any more is not opened", async () => {
  const gone = AbortSignal.abort(new Error("enough"));
  await expect(open({ kind: "unix", path: join(directory, "x.sock") }, gone)).rejects.toThrow("enough");
  const stop = new AbortController();
  // It never says a word, so no TLS comes of it.
  const port = await listen(createServer());
  const opening = open({ kind: "tcp", host: "127.0.0.1", port, tls: { verify: true } }, stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 20);
  await expect(opening).rejects.toThrow("enough");
});

describe("with TLS", () => {
  const certificates = makeCertificates(["DNS:localhost", "IP:127.0.0.1"]);
  const others = makeCertificates(["DNS:localhost"]);
  let files: Record<"ca" | "cert" | "key" | "other", string>;
  let port: number;

  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };

  const server = async () => {
    const { ca, server: pair } = certificates;
    const tls = createTlsServer({ ...pair, ca, requestCert: true, ALPNProtocols: ["h2"] }, (socket) =>
      socket.end(socket.alpnProtocol || "none"),
    );
    port = await listen(tls);
    files = {
      ca: write("ca.pem", ca),
      cert: write("cert.pem", certificates.client.cert),
      key: write("key.pem", certificates.client.key),
      other: write("other.pem", others.ca),
    };
  };
  const at = (tls: object, host = "127.0.0.1") =>
    ({ kind: "tcp", host, port, tls: { verify: true, ...tls } }) as const;

  test("both sides prove who they are, and what is to be spoken is said", async () => {
    await server();
    const { ca, cert, key } = files;
    for (const tls of [
      { ca, cert, key },
      { ca, cert, key, serverName: "localhost" },
      { cert, key, verify: false },
    ]) {
      const stream = await open(at(tls));
      await firstWord(stream, 5000, undefined);
      expect(String(stream.read())).toBe("h2");
      stream.destroy();
    }
  });

  test("each failure says what is wrong with whom", async () => {
    await server();
    const { ca, cert, key, other } = files;
    const failure = async (tls: object) => {
      const stream = await open(at(tls));
      return firstWord(stream, 5000, undefined);
    };
    await expect(failure({ ca: other })).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("is not trusted"),
    });
    await expect(failure({ ca, cert, key, serverName: "elsewhere" })).rejects.toThrow(
      "Host: elsewhere. is not in the cert",
    );
    // With TLS 1.3 a client hears of it only after its own handshake is done.
    await expect(failure({ ca })).rejects.toMatchObject({
      code: expect.stringMatching(/ALERT_CERTIFICATE_REQUIRED/),
    });
    await expect(failure({ ca, cert })).rejects.toThrow("A client certificate needs its key");
    await expect(failure({ ca: join(directory, "gone.pem") })).rejects.toMatchObject({ code: "config" });
    await expect(failure({ ca, cert: key, key })).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining(key),
    });
  });

  test("what does not speak TLS is told from what is not trusted", async () => {
    port = await listen(createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    await expect(open(at({}))).rejects.toMatchObject({
      message: `tcp://127.0.0.1:${port} does not speak TLS`,
    });
  });
});

test("a socket of others says how to be let in", () => {
  const thrown = Object.assign(new Error("connect EACCES"), { code: "EACCES" });
  expect(connectFailure(thrown, { kind: "unix", path: "/run/docker.sock" }, HINTS)).toMatchObject({
    ...{ code: "denied", hint: "join its group", side: "far" },
    message: "unix:///run/docker.sock may not be used by you",
  });
});
