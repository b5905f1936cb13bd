// SPDX-License-Identifier: MIT OR Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { type Blow, stall } from "./fault-proxy/blow.ts";
import { type Exchange, type OpenExchange, openExchange, requestAsSent } from "./fault-proxy/exchange.ts";
import { type Aim, type Fault, hits } from "./fault-proxy/fault.ts";
import { forward } from "./fault-proxy/forward.ts";
import { answeredHeaders } from "./fault-proxy/headers.ts";
import { spoilDownload } from "./fault-proxy/spoil-download.ts";
import { until } from "./process.ts";
import type { Certificate } from "./services/certificates.ts";
import { listenOnLoopback } from "./services/listening.ts";
import { type SlowLinkOptions, startSlowLink } from "./slow-link.ts";

export interface FaultProxyOptions {
  /** Origin of the server behind: `http://…` or `https://…`. */
  readonly upstream: string;
  /** PEM: whom to trust upstream. */
  readonly upstreamCa?: string | undefined;
  /** Lets clients speak TLS to the proxy. Default: they speak plain HTTP. */
  readonly certificate?: Certificate | undefined;
  /** Keeps the bodies of requests in memory. Default: false. */
  readonly recordBodies?: boolean;
  /** Slows what clients send and get. Default: it is not slowed. */
  readonly link?: Omit<SlowLinkOptions, "to">;
}

/** An HTTP proxy in front of one server, which numbers, records and spoils requests. */
export interface FaultProxy {
  /** What clients use in place of upstream. */
  readonly url: string;
  /** `localhost:PORT`. */
  readonly host: string;
  /** In the order in which they came, since the start or the last `restart`. */
  readonly requests: readonly Exchange[];
  /** Has this happen to requests still to come; where several would, the one injected first does. */
  inject(aim: Aim, fault: Fault): void;
  /** Forgets faults and requests, and counts from 1 again. */
  restart(): void;
  /** All bytes of all requests; with `recordBodies` their bodies too. */
  received(): Buffer;
  /** Resolves when no request goes on any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port of loopback. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const upstream = { url: new URL(options.upstream), ca: options.upstreamCa };
  const scheme = options.certificate === undefined ? "http" : "https";
  const sockets = new Map<number, Socket>();
  let injected: readonly { readonly aim: Aim; readonly fault: Fault }[] = [];
  let exchanges: OpenExchange[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = openExchange(request, exchanges.length + 1, options.recordBodies === true);
    exchanges.push(exchange);
    const socket = sockets.get(request.socket.remotePort ?? -1);
    const fault = injected.find(({ aim }) => hits(aim, exchange))?.fault;
    const blow: Blow = {
      fault,
      strike() {
        exchange.fault = fault;
      },
      reset() {
        exchange.fault = fault;
        socket?.resetAndDestroy();
      },
    };
    response.on("error", () => {});
    try {
      if (fault?.kind === "status") await refuse(request, response, exchange, fault, blow);
      else if (fault?.kind === "reset" && fault.when === "before") blow.reset();
      else await relay(request, response, exchange, blow);
    } catch (error) {
      const late = response.headersSent || response.destroyed || socket?.destroyed !== false;
      if (late) response.destroy();
      else answer(exchange, response, { status: 502, body: `The proxy got no answer: ${error}\n` });
    } finally {
      exchange.ended = true;
    }
  }

  async function relay(
    request: IncomingMessage,
    response: ServerResponse,
    exchange: OpenExchange,
    blow: Blow,
  ): Promise<void> {
    const incoming = await forward(upstream, request, response, exchange, blow);
    const { fault } = blow;
    if (fault?.kind === "reset") {
      incoming.destroy();
      return blow.reset();
    }
    if (fault?.kind === "stall" && fault.bytes === undefined) await stall(fault.ms, response, blow);
    // Registries make URLs of the request's Host, but do not know of our TLS.
    const theirs = [upstream.url.origin, `${upstream.url.protocol}//${request.headers.host}`];
    const ours = `${scheme}://${request.headers.host}`;
    exchange.status = incoming.statusCode;
    exchange.responseHeaders = answeredHeaders(incoming.rawHeaders, theirs, ours);
    response.writeHead(incoming.statusCode ?? 0, [...exchange.responseHeaders]);
    response.flushHeaders();
    await pipeline(spoilDownload(incoming, response, exchange, blow), response);
  }

  const handle = (request: IncomingMessage, response: ServerResponse) => void serve(request, response);
  const { certificate } = options;
  const server =
    certificate === undefined
      ? createServer(handle)
      : createTlsServer({ cert: certificate.ca, key: certificate.key }, handle);
  // It is faults that end connections here, nothing else.
  Object.assign(server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
  // Those below TLS, where resets are.
  server.on("connection", (socket: Socket) => {
    const port = socket.remotePort ?? -1;
    sockets.set(port, socket);
    socket.once("close", () => sockets.delete(port));
    socket.on("error", () => {});
  });
  const port = await listenOnLoopback(server);
  const link = options.link && (await startSlowLink({ ...options.link, to: port }));
  const host = `localhost:${link?.port ?? port}`;
  return {
    url: `${scheme}://${host}`,
    host,
    get requests() {
      return exchanges;
    },
    inject(aim, fault) {
      injected = [...injected, { aim, fault }];
    },
    restart() {
      injected = [];
      exchanges = [];
    },
    received: () => Buffer.concat(exchanges.map(requestAsSent)),
    settled: () => until("all requests have ended", () => exchanges.every(({ ended }) => ended)),
    async close() {
      await link?.close();
      for (const socket of sockets.values()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: OpenExchange,
  fault: Extract<Fault, { kind: "status" }>,
  blow: Blow,
): Promise<void> {
  for await (const chunk of request) exchange.take(chunk);
  blow.strike();
  answer(exchange, response, fault);
}

function answer(
  exchange: OpenExchange,
  response: ServerResponse,
  given: Omit<Extract<Fault, { kind: "status" }>, "kind">,
): void {
  const body = Buffer.from(given.body ?? "");
  const headers = { "content-length": String(body.length), ...given.headers };
  exchange.status = given.status;
  exchange.responseBytes = body.length;
  exchange.responseHeaders = Object.entries(headers).flat();
  response.writeHead(given.status, headers);
  response.end(body);
}
