// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { connect, createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { streamPieces } from "../../../src/runner/buildkit/stream-pieces.ts";

/** A call to a server that does this. */
async function call(serve: (stream: ServerHttp2Stream) => void) {
  const server = createServer().listen(0, "127.0.0.1");
  server.on("stream", serve);
  await once(server, "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on("error", () => {});
  onTestFinished(() => {
    session.destroy();
    server.close();
  });
  const stream = session.request({ ":path": "/" }, { endStream: true });
  stream.on("error", () => {});
  return stream;
}

async function allOf(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

test("an answer that was over before anybody looked is read all the same", async () => {
  const stream = await call((served) => {
    served.respond({ ":status": 200 });
    served.end("all of it");
  });
  await expect.poll(() => stream.closed).toBe(true);
  expect(await allOf(streamPieces(stream))).toBe("all of it");
});

test("an answer is read as it comes", async () => {
  const stream = await call(async (served) => {
    served.respond({ ":status": 200 });
    for (const text of ["a", "b", "c"]) {
      served.write(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    served.end();
  });
  expect(await allOf(streamPieces(stream))).toBe("abc");
});

test("an answer that breaks off is not taken for a whole one", async () => {
  const stream = await call((served) => {
    served.respond({ ":status": 200 });
    served.write("half");
    setTimeout(() => served.session?.destroy(), 50);
  });
  await expect(allOf(streamPieces(stream))).rejects.toThrow();
});
