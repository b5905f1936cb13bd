// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { hostOf } from "../host-of.ts";
import { connectionFailure, timedOut } from "./connection-failure.ts";
import { guardedBody, isInPieces } from "./guarded-body.ts";
import {
  CONNECT_MS,
  DISCARD_BYTES,
  type HttpRequest,
  type HttpResponse,
  type Transport,
  type TransportOptions,
} from "./http.ts";
import { spareConnections } from "./spare-connections.ts";
import type { Trust } from "./trust.ts";

/** Servers close connections that nobody uses, mostly after five seconds or more; we do before. */
const IDLE_MS = 4000;

/** Speaks to servers without a proxy in between, over as many connections as there are requests at once. */
export function openDirectClient({ side, silenceMs }: TransportOptions, tls: Trust): Transport {
  const kept = { keepAlive: true, timeout: IDLE_MS };
  const plain = new HttpAgent(kept);
  const sparePlain = spareConnections(plain, kept);
  const keptSecure = { ...kept, ...tls };
  const secure = new HttpsAgent(keptSecure);
  const spareSecure = spareConnections(secure, keptSecure);
  const begin = ({ url, method, headers, answerMs, signal }: HttpRequest): ClientRequest => {
    const { port, pathname, search } = url;
    const options = {
      ...{ host: hostOf(url), port, path: pathname + search },
      ...{ method, headers, timeout: answerMs, ...(signal && { signal }) },
    };
    return url.protocol === "https:"
      ? requestHttps({ ...options, agent: secure })
      : requestHttp({ ...options, agent: plain });
  };
  let isClosed = false;
  return {
    async send(request) {
      const fail = (thrown: unknown): never => {
        request.signal?.throwIfAborted();
        throw connectionFailure(isClosed ? new Error("it is closed") : thrown, request.url, side);
      };
      if (isClosed || request.signal?.aborted === true) return fail(undefined);
      const source = guardedBody(request.body);
      try {
        const sent = begin(request);
        const answered = answerTo(sent, silenceMs);
        if (isInPieces(source.body)) void sendPieces(source.body, sent);
        else sent.end(source.body);
        return asResponse(request.url, sent, await answered, fail);
      } catch (thrown) {
        request.signal?.throwIfAborted();
        if (source.failed()) throw source.reason();
        return fail(thrown);
      }
    },
    connect(url, count) {
      if (url.protocol === "https:") spareSecure.open(hostOf(url), Number(url.port || 443), count);
      else sparePlain.open(hostOf(url), Number(url.port || 80), count);
    },
    async close() {
      isClosed = true;
      sparePlain.close();
      spareSecure.close();
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Sends each piece when the system has taken the one before. Never rejects: what breaks here breaks the answer as well. */
async function sendPieces(pieces: AsyncIterable<Uint8Array>, sent: ClientRequest): Promise<void> {
  let goOn = () => {};
  sent.once("close", () => goOn());
  try {
    for await (const piece of pieces) {
      if (sent.destroyed) return;
      await new Promise<void>((resolve) => {
        goOn = resolve;
        sent.write(piece, () => resolve());
      });
    }
    sent.end();
  } catch (thrown) {
    sent.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}

/** The beginning of the answer; gives a connection up on which nothing moves, before it and later. */
function answerTo(sent: ClientRequest, silenceMs: number): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let answer: IncomingMessage | undefined;
  sent.on("response", (arrived) => {
    answer = arrived;
    arrived.socket.setTimeout(silenceMs);
    resolve(arrived);
  });
  sent.on("error", reject);
  sent.on("socket", (socket) => limitConnecting(socket, sent));
  sent.on("timeout", () => {
    if (answer === undefined) sent.destroy(timedOut("ANSWER_TIMEOUT"));
    else if (answer.readableLength === 0) answer.destroy(timedOut("BODY_TIMEOUT"));
    else answer.socket.setTimeout(silenceMs); // it is us who do not go on
  });
  return promise;
}

/** While there is no connection, no other time counts. */
function limitConnecting(socket: Socket, sent: ClientRequest): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => sent.destroy(timedOut("CONNECT_TIMEOUT")), CONNECT_MS);
  const stop = () => clearTimeout(timer);
  socket.once("encrypted" in socket ? "secureConnect" : "connect", stop);
  socket.once("close", stop);
}

/** An answer ends in the turn of the event loop in which its connection can be used again. */
function asResponse(
  url: URL,
  sent: ClientRequest,
  answer: IncomingMessage,
  fail: (thrown: unknown) => never,
): HttpResponse {
  const end = async () => {
    await nextTurn();
    // Whoever answers before all has come wants no more.
    if (!sent.writableFinished) sent.destroy();
  };
  async function* pieces() {
    try {
      for await (const piece of answer) yield piece as Uint8Array;
    } catch (thrown) {
      fail(thrown);
    }
    await end();
  }
  return {
    url,
    status: answer.statusCode ?? 0,
    header(name) {
      const value = answer.headers[name];
      return (Array.isArray(value) ? value.join(", ") : value) || undefined;
    },
    body: pieces(),
    async discard() {
      let seen = 0;
      try {
        for await (const piece of answer) {
          seen += (piece as Uint8Array).length;
          if (seen > DISCARD_BYTES) break; // and with that the connection
        }
      } catch {
        // Nobody wants it.
      }
      await end();
    },
  };
}
