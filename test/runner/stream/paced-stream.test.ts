// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer } from "node:http2";
import { type Duplex, duplexPair, Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { Http2Cutter } from "../../../src/runner/stream/http2-cutter.ts";
import { forHttp2 } from "../../../src/runner/stream/paced-stream.ts";

const sessions: ClientHttp2Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});

/** A server at the other end of a stream that is no socket, and that gives what it sends in one piece. */
function lumpy(): { readonly ours: Duplex; readonly theirs: Duplex } {
  const [ours, theirs] = duplexPair();
  const server = createServer().on("stream", (stream) => {
    stream.respond({ ":status": 200 });
    stream.end("answer");
  });
  server.on("sessionError", () => {});
  const gathered: Buffer[] = [];
  const lumps = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      if (gathered.push(chunk) === 1) setTimeout(() => this.push(Buffer.concat(gathered.splice(0))), 5);
      callback();
    },
  });
  const [near, far] = duplexPair();
  theirs.pipe(near);
  near.pipe(lumps).pipe(theirs);
  server.emit("connection", far);
  return { ours, theirs };
}

/** Begins to read a little after the answer came, as promises have it. */
async function get(session: ClientHttp2Session): Promise<string> {
  const stream = session.request();
  await once(stream, "response");
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

async function open(stream: Duplex): Promise<ClientHttp2Session> {
  const session = connect("http://builder", { createConnection: () => stream });
  sessions.push(session);
  await once(session, "remoteSettings");
  return session;
}

test("answers that come in one piece with their end are not lost", async () => {
  const session = await open(forHttp2(lumpy().ours));
  const answers = await Promise.all(Array.from({ length: 50 }, () => get(session)));
  expect(new Set(answers)).toEqual(new Set(["answer"]));
});

test("without it, Node throws them away: as soon as this fails, it is of no more use", async () => {
  const session = await open(lumpy().ours);
  await expect(get(session)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
});

test.each(["the stream", "the other end"])("a session ends with %s", async (what) => {
  const { ours, theirs } = lumpy();
  const session = await open(forHttp2(ours));
  const closed = once(session, "close");
  (what === "the stream" ? ours : theirs).destroy();
  await expect(Promise.race([closed.then(() => "closed"), sleep(2000, "open")])).resolves.toBe("closed");
});

test("what breaks the stream is what the session fails with", async () => {
  const { ours } = lumpy();
  const session = await open(forHttp2(ours));
  const failed = once(session, "error");
  ours.destroy(new Error("ssh: it is gone"));
  expect(String(await failed)).toContain("it is gone");
});

test("frames come apart, wherever the bytes are cut, and no byte is kept back", () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
  fc.assert(
    fc.property(frames, cuts, (payloads, lengths) => {
      const encoded = payloads.map((payload) => {
        const header = Buffer.alloc(9);
        header.writeUIntBE(payload.length, 0, 3);
        return Buffer.concat([header, payload]);
      });
      const all = Buffer.concat(encoded);
      const ends = new Set(encoded.map((_, at) => Buffer.concat(encoded.slice(0, at + 1)).length));
      const cutter = new Http2Cutter();
      let seen = Buffer.alloc(0);
      let rest = all;
      for (let at = 0; rest.length > 0; at++) {
        const chunk = rest.subarray(0, lengths[at % lengths.length]);
        rest = rest.subarray(chunk.length);
        for (const piece of cutter.cut(chunk)) {
          // No frame ends inside of a piece.
          for (let inside = seen.length + 1; inside < seen.length + piece.length; inside++)
            expect(ends.has(inside)).toBe(false);
          seen = Buffer.concat([seen, piece]);
        }
        expect(seen.length).toBe(all.length - rest.length);
      }
      expect(seen).toEqual(all);
    }),
  );
});
