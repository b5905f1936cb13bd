// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { LLBBridge, ReadFileRequestSchema } from "../../../src/runner/buildkit/proto/gateway_pb.ts";
import { quickCall, quickCalls } from "../../../src/runner/buildkit/quick-calls.ts";

const streams = { stream: () => Promise.reject(new Error("not asked for")) } as unknown as Transport;

async function clientOf(server: ReturnType<typeof createServer>) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on("error", () => {});
  onTestFinished(() => {
    session.destroy();
    server.close();
  });
  return { session, bridge: createClient(LLBBridge, quickCalls(session, streams)) };
}

/** connect-node's own server, which answers like this. */
function serverWith(readFile: (path: string, signal: AbortSignal) => Promise<Uint8Array>) {
  const routes = connectNodeAdapter({
    routes: (router) =>
      router.service(LLBBridge, {
        readFile: async ({ FilePath }, { signal, requestHeader }) => ({
          Data: await readFile(`${FilePath} ${requestHeader.get("x-said")}`, signal),
        }),
      }),
  });
  return createServer(routes);
}

/** A server that does not know gRPC. */
function serverThat(serve: (stream: ServerHttp2Stream) => void) {
  return createServer().on("stream", (stream) => serve(stream.on("error", () => {})));
}

describe("a call with one answer", () => {
  test("takes a message and its headers there, and brings one back, however large", async () => {
    const { bridge } = await clientOf(serverWith(async (said) => Buffer.alloc(3_000_000, said)));
    const { Data } = await bridge.readFile({ FilePath: "/f" }, { headers: { "x-said": "hello" } });
    expect(Buffer.from(Data).equals(Buffer.alloc(3_000_000, "/f hello"))).toBe(true);
  });

  test("fails as the server says, in its words", async () => {
    const { bridge } = await clientOf(
      serverWith(async () => Promise.reject(new ConnectError("no such file: ü%", Code.NotFound))),
    );
    const failed = await bridge.readFile({}).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: Code.NotFound, rawMessage: "no such file: ü%" });
    await expect(bridge.ping({})).rejects.toMatchObject({ code: Code.Unimplemented });
  });

  test("may be taken as it comes, and ends with whoever takes it", async () => {
    const { session } = await clientOf(serverWith(async () => Buffer.alloc(3_000_000, "x")));
    const call = { input: create(ReadFileRequestSchema), headers: {}, signal: undefined };
    let bytes = 0;
    await quickCall(session, LLBBridge.method.readFile, {
      ...call,
      take: (piece) => {
        bytes += piece.length;
      },
    });
    expect(bytes).toBeGreaterThan(3_000_000);
    const refused = quickCall(session, LLBBridge.method.readFile, {
      ...call,
      take: () => {
        throw new RangeError("no room");
      },
    });
    await expect(refused).rejects.toThrow(new RangeError("no room"));
  });

  test("is ended by its signal, there too", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { bridge } = await clientOf(
      serverWith((_, signal) => {
        signal.addEventListener("abort", () => resolve());
        return new Promise(() => {});
      }),
    );
    const stop = new AbortController();
    const call = expect(bridge.readFile({}, { signal: stop.signal })).rejects.toMatchObject({
      code: Code.Canceled,
    });
    setTimeout(() => stop.abort(), 50);
    await call;
    await promise;
    await expect(bridge.readFile({}, { signal: stop.signal })).rejects.toMatchObject({ code: Code.Canceled });
  });

  test.each([
    ["breaks off", Code.Unavailable, (stream: ServerHttp2Stream) => stream.session?.destroy()],
    ["is reset", Code.Unavailable, (stream: ServerHttp2Stream) => stream.close(2)],
    [
      "is none",
      Code.Unavailable,
      (stream: ServerHttp2Stream) => stream.respond({ ":status": 503 }, { endStream: true }),
    ],
    [
      "is no message",
      Code.Unavailable,
      (stream: ServerHttp2Stream) => {
        stream.respond({ ":status": 200 });
        stream.end("<html>");
      },
    ],
  ])("fails if the answer %s", async (_, code, serve) => {
    const { bridge } = await clientOf(serverThat(serve));
    await expect(bridge.readFile({})).rejects.toMatchObject({ code });
  });

  test("fails at once on a connection that is gone", async () => {
    const { bridge, session } = await clientOf(serverWith(async () => Buffer.alloc(0)));
    session.destroy();
    await expect(bridge.readFile({})).rejects.toMatchObject({ code: Code.Unavailable });
  });
});
