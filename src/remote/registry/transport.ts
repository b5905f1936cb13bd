// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import type { Dispatcher } from "undici";
import { connectionFailure } from "./connection-failure.ts";
import { type ProxyEnvironment, proxyFor } from "./proxy-for.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One HTTP request, sent once. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream needs a `content-length` header. */
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array | string | undefined;
  /** So long neither a byte of ours may be taken nor the answer begin, milliseconds. */
  readonly answerMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  /** Where it came from. */
  readonly url: URL;
  readonly status: number;
  /** A header's value, several of them joined by commas; an empty one counts as missing. Names in lower case. */
  header(name: string): string | undefined;
  /** To be read to its end or left, or else discarded. Throws "unreachable", retryable, if the connection breaks. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Makes the connection usable for others. */
  discard(): Promise<void>;
}

export interface TransportOptions {
  /** The remote's name, for errors. */
  readonly side: string;
  /** PEM: certificates that are trusted besides those of the system's Node. */
  readonly ca?: string | undefined;
  /** PEM: what we prove with who we are. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly proxies: ProxyEnvironment;
  /** So long an answer may stop, milliseconds. */
  readonly silenceMs: number;
}

/** Sends requests over pooled connections. Throws "unreachable", or the signal's reason, or what the body threw. */
export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

/** A connection that is not there after this will hardly come: 10 s. */
const CONNECT_MS = 10_000;
/** What is left of a body is read up to here rather than giving the connection up. */
const DISCARD_BYTES = 64 * 1024;

/** Opens no connection yet. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const { Agent, ProxyAgent } = await import("undici");
  const { side, ca, clientCert, clientKey, proxies, silenceMs } = options;
  const tls = {
    ...(ca === undefined ? {} : { ca: [...getCACertificates("default"), ca] }),
    ...(clientCert === undefined ? {} : { cert: clientCert }),
    ...(clientKey === undefined ? {} : { key: clientKey }),
  };
  // One connection for many streams would share one congestion window, and one broken connection would break them all.
  const shared = { allowH2: false, bodyTimeout: silenceMs };
  const direct = new Agent({ ...shared, connect: { ...tls, timeout: CONNECT_MS } });
  const proxied = new Map<string, Dispatcher>();
  const dispatcherFor = (url: URL): Dispatcher => {
    const proxy = proxyFor(url, proxies);
    if (proxy === undefined) return direct;
    const { cert: _, key: __, ...proxyTls } = { cert: undefined, key: undefined, ...tls };
    const found =
      proxied.get(proxy) ??
      new ProxyAgent({ ...shared, uri: proxy, requestTls: tls, proxyTls, connectTimeout: CONNECT_MS });
    proxied.set(proxy, found);
    return found;
  };
  return {
    async send(request) {
      request.signal?.throwIfAborted();
      const fail = (thrown: unknown): never => {
        request.signal?.throwIfAborted();
        throw connectionFailure(thrown, request.url, side);
      };
      const source = guarded(request.body);
      try {
        const answer = await dispatcherFor(request.url).request({
          ...{ origin: request.url.origin, path: request.url.pathname + request.url.search },
          ...{ method: request.method, headers: request.headers, body: source.body },
          ...{ headersTimeout: request.answerMs, signal: request.signal ?? null },
          // undici gives up the connection after each HEAD, for servers that send a body all the same.
          reset: false,
        });
        return asResponse(request.url, answer, fail);
      } catch (thrown) {
        request.signal?.throwIfAborted();
        if (source.failed()) throw source.reason();
        return fail(thrown);
      }
    },
    async close() {
      await Promise.all([direct, ...proxied.values()].map((each) => each.destroy()));
    },
  };
}

/** Lets what a body throws be told from what a connection does. */
function guarded(body: HttpRequest["body"]): {
  readonly body: Readable | Uint8Array | string | null;
  failed(): boolean;
  reason(): unknown;
} {
  let failure: { readonly reason: unknown } | undefined;
  const state = { failed: () => failure !== undefined, reason: () => failure?.reason };
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    return { ...state, body: body ?? null };
  }
  async function* watched(pieces: AsyncIterable<Uint8Array>) {
    try {
      yield* pieces;
    } catch (reason) {
      failure = { reason };
      throw reason;
    }
  }
  return { ...state, body: Readable.from(watched(body)) };
}

/**
 * undici gives a connection back in the turn of the event loop after the one in which an answer ended: who goes on at
 * once would have another one opened, which takes a round trip or more. So an answer ends in the next turn here.
 */
function asResponse(
  url: URL,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  fail: (thrown: unknown) => never,
): HttpResponse {
  async function* pieces() {
    try {
      for await (const piece of body) yield piece as Uint8Array;
      await nextTurn();
    } catch (thrown) {
      fail(thrown);
    }
  }
  return {
    url,
    status: statusCode,
    header(name) {
      const value = headers[name];
      return (Array.isArray(value) ? value.join(", ") : value) || undefined;
    },
    body: pieces(),
    async discard() {
      await body.dump({ limit: DISCARD_BYTES }).catch(() => {});
      await nextTurn();
    },
  };
}
