// SPDX-License-Identifier: MIT OR Apache-2.0
import { connect, createServer, type Socket } from "node:net";
import { listenOnLoopback } from "./services/listening.ts";

export interface SlowLinkOptions {
  /** Port of loopback at its other end. */
  readonly to: number;
  /** Each way, in milliseconds; a connection costs a round trip more, as a handshake does. Default: 0. */
  readonly latencyMs?: number;
  /** Of all connections together, each way. Default: unlimited. */
  readonly bitsPerSecond?: number;
}

/** A port of loopback that is as far away as one likes: bytes pass unchanged, late and slowly. */
export interface SlowLink {
  readonly port: number;
  /** Cuts all connections. */
  close(): Promise<void>;
}

/** Bytes that one direction of a connection may have under way: TCP's largest usual window, of 4 MiB. */
const WINDOW = 4 * 1024 * 1024;

/** The share of one direction that a pace has given away already. */
interface Pace {
  /** When the line is free again, in ms of `performance.now()`. */
  free: number;
}

/** Starts one on a free port. */
export async function startSlowLink(options: SlowLinkOptions): Promise<SlowLink> {
  const latency = options.latencyMs ?? 0;
  const bitsPerMs = (options.bitsPerSecond ?? Number.POSITIVE_INFINITY) / 1000;
  const up: Pace = { free: 0 };
  const down: Pace = { free: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ host: "127.0.0.1", port: options.to, allowHalfOpen: true, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
    const established = performance.now() + 2 * latency;
    carry(near, far, up, { latency, bitsPerMs, notBefore: established });
    carry(far, near, down, { latency, bitsPerMs, notBefore: established });
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Line {
  readonly latency: number;
  readonly bitsPerMs: number;
  /** Nothing leaves before this. */
  readonly notBefore: number;
}

/** What arrives, and when; in order. */
interface Arrival {
  readonly due: number;
  readonly bytes: number;
  readonly deliver: () => unknown;
}

function carry(from: Socket, to: Socket, pace: Pace, line: Line): void {
  const queue: Arrival[] = [];
  let underWay = 0;
  let timer: NodeJS.Timeout | undefined;

  function send(bytes: number, deliver: () => unknown): void {
    const now = performance.now();
    pace.free = Math.max(now, pace.free) + (bytes * 8) / line.bitsPerMs;
    // A handshake holds up its own connection, not the others.
    const due = Math.max(pace.free, line.notBefore) + line.latency;
    queue.push({ due, bytes, deliver });
    underWay += bytes;
    if (underWay >= WINDOW) from.pause();
    timer ??= setTimeout(arrive, due - now);
  }

  function arrive(): void {
    timer = undefined;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const wait = next.due - performance.now();
      if (wait > 0) {
        timer = setTimeout(arrive, wait);
        return;
      }
      queue.shift();
      underWay -= next.bytes;
      next.deliver();
    }
    if (underWay < WINDOW && !to.writableNeedDrain) from.resume();
  }

  from.on("data", (chunk: Buffer) => send(chunk.length, () => to.destroyed || to.write(chunk)));
  from.on("end", () => send(0, () => to.end()));
  from.on("error", () => send(0, () => to.resetAndDestroy()));
  to.on("drain", () => {
    if (underWay < WINDOW) from.resume();
  });
  to.on("close", () => clearTimeout(timer));
}
