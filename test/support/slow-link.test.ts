// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenOnLoopback } from "./services/listening.ts";
import { type SlowLink, type SlowLinkOptions, startSlowLink } from "./slow-link.ts";

/** Timers fire up to a millisecond early. */
const EARLY_MS = 2;

let server: Server;
let port: number;
let links: SlowLink[];
let accepted: Socket[];

beforeEach(async () => {
  links = [];
  accepted = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  port = await listenOnLoopback(server);
});

afterEach(async () => {
  for (const link of links) await link.close();
  for (const socket of accepted) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function through(options: Omit<SlowLinkOptions, "to">): Promise<Socket> {
  const link = await startSlowLink({ ...options, to: port });
  links.push(link);
  return connect({ host: "127.0.0.1", port: link.port, allowHalfOpen: true });
}

async function echo(socket: Socket, bytes: Buffer): Promise<{ back: Buffer; ms: number }> {
  const start = performance.now();
  socket.end(bytes);
  const back = await buffer(socket);
  return { back, ms: performance.now() - start };
}

test("bytes come back unchanged, in order and all of them", async () => {
  const bytes = Buffer.from(Array.from({ length: 9_000_000 }, (_, index) => (index * 7919) >> 3));
  const { back } = await echo(await through({ latencyMs: 2 }), bytes);
  expect(back.equals(bytes)).toBe(true);
});

test("a new connection costs a round trip, and everything on it half of one each way", async () => {
  const socket = await through({ latencyMs: 60 });
  const first = performance.now();
  socket.write("a");
  await once(socket, "data");
  expect(performance.now() - first).toBeGreaterThan(240 - EARLY_MS);
  const second = performance.now();
  socket.write("b");
  await once(socket, "data");
  const ms = performance.now() - second;
  expect(ms).toBeGreaterThan(120 - EARLY_MS);
  expect(ms).toBeLessThan(240);
  socket.destroy();
});

test("latency does not slow down what is sent in many parts", async () => {
  const socket = await through({ latencyMs: 50 });
  const { ms } = await echo(socket, Buffer.alloc(2_000_000));
  expect(ms).toBeGreaterThan(200 - EARLY_MS);
  expect(ms).toBeLessThan(2000);
});

test("all connections share the bits per second", async () => {
  const link = await startSlowLink({ to: port, bitsPerSecond: 1_000_000 });
  links.push(link);
  const start = performance.now();
  const sockets = [1, 2].map(() => connect({ host: "127.0.0.1", port: link.port, allowHalfOpen: true }));
  await Promise.all(sockets.map((socket) => echo(socket, Buffer.alloc(25_000))));
  // 50 kB at 125 kB/s, twice; the way back begins when the first bytes have arrived.
  expect(performance.now() - start).toBeGreaterThan(400 - EARLY_MS);
});

test("a reset at the far end arrives as one", async () => {
  const socket = await through({ latencyMs: 5 });
  socket.write("a");
  await once(socket, "data");
  accepted[0]?.resetAndDestroy();
  const [error] = await once(socket, "error");
  expect(error).toMatchObject({ code: "ECONNRESET" });
});
