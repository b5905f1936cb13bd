// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Dispatcher, ProxyAgent } from "undici";
import { ownPieces } from "../own-pieces.ts";
import { connectionFailure } from "./connection-failure.ts";
import { guardedBody, isInPieces } from "./guarded-body.ts";
import {
  CONNECT_MS,
  DISCARD_BYTES,
  type HttpResponse,
  type Transport,
  type TransportOptions,
} from "./http.ts";
import { proxyFor } from "./proxy-for.ts";
import type { Trust } from "./trust.ts";

/** Speaks through the proxies that the environment names. undici, as Node's own agents know proxies on trial only (24.21). */
export function openProxiedClient({ side, proxies, silenceMs }: TransportOptions, tls: Trust): Transport {
  const { cert: _, key: __, ...proxyTls } = tls;
  const agents = new Map<string, ProxyAgent>();
  const agentFor = (uri: string): ProxyAgent => {
    const found =
      agents.get(uri) ??
      new ProxyAgent({
        ...{ uri, requestTls: tls, proxyTls, connectTimeout: CONNECT_MS, bodyTimeout: silenceMs },
        // One connection for many streams would share one congestion window, and one broken connection would break them all.
        allowH2: false,
      });
    agents.set(uri, found);
    return found;
  };
  return {
    async send(request) {
      request.signal?.throwIfAborted();
      const fail = (thrown: unknown): never => {
        request.signal?.throwIfAborted();
        throw connectionFailure(thrown, request.url, side);
      };
      const source = guardedBody(request.body);
      const body = isInPieces(source.body) ? Readable.from(ownPieces(source.body)) : (source.body ?? null);
      const proxy = proxyFor(request.url, proxies);
      try {
        if (proxy === undefined) throw new Error("there is no proxy");
        const answer = await agentFor(proxy).request({
          ...{ origin: request.url.origin, path: request.url.pathname + request.url.search },
          ...{ method: request.method, headers: request.headers, body },
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
      await Promise.all([...agents.values()].map((each) => each.destroy()));
    },
  };
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
