// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from "node:http2";
import type { DescMessage, DescMethodUnary } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, type GrpcTransportOptions } from "@connectrpc/connect-node";
import type { BuilderEndpoint } from "./builder-endpoint.ts";
import { builderGone, wordsOf } from "./builder-failure.ts";
import { type QuickCall, quickCall, quickCalls } from "./quick-calls.ts";
import { streamPieces } from "./stream-pieces.ts";

/** One connection to a builder. It is never dialled again: what was on it is gone with it. */
export interface GrpcConnection {
  readonly transport: Transport;
  /** A call with one answer, which is taken as it comes. Throws as `quickCall` does. */
  call<I extends DescMessage>(method: DescMethodUnary<I>, call: QuickCall<I>): Promise<void>;
  /** Fires when the connection is no more, with why. */
  readonly gone: AbortSignal;
  close(): void;
}

/** Whom requests are for, where it does not matter. */
const ANYBODY = "builder";
/** 32 MiB may be under way to us, for one stream and for all: whoever sends waits for nothing, here and 80 ms away. */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** 256 KiB: how much of an answer may come in one frame, before anything else does. */
const FRAME_BYTES = 256 * 1024;
/** Whoever has not spoken until then does not speak HTTP/2: 15 s. */
const HANDSHAKE_MS = 15_000;
/** A builder that does not answer a ping within this is gone: 15 s. Its own checks of us keep to less than that. */
const PING_MS = 15_000;
/** Headers that are sent once for each of their values; all others as one, joined by commas. */
export const REPEATED_HEADER = "x-docker-expose-session-grpc-method";

/** Dials and speaks gRPC. Throws what `dial` does; "unreachable" if the other end goes; or the signal's reason. */
export async function openGrpc(endpoint: BuilderEndpoint, signal: AbortSignal): Promise<GrpcConnection> {
  const authority = `http://${endpoint.authority ?? ANYBODY}`;
  const stream = await endpoint.dial(signal);
  const gone = new AbortController();
  const session = connect(authority, {
    createConnection: () => stream,
    settings: { initialWindowSize: WINDOW_BYTES, maxFrameSize: FRAME_BYTES },
  });
  session.on("error", (error) => gone.abort(error));
  session.on("close", () => gone.abort(new Error("it was closed")));
  session.on("goaway", () => session.destroy());
  const silent = setTimeout(() => session.destroy(new Error("it says nothing")), HANDSHAKE_MS);
  const early = AbortSignal.any([signal, gone.signal]);
  try {
    await once(session, "remoteSettings", { signal: early });
  } catch {
    session.destroy();
    signal.throwIfAborted();
    throw builderGone(wordsOf(gone.signal.reason), endpoint.name);
  } finally {
    clearTimeout(silent);
  }
  session.setLocalWindowSize(WINDOW_BYTES);
  const stopPings = pingAlways(session);
  gone.signal.addEventListener("abort", stopPings);
  const sessionManager = managerOf(session, authority);
  const transport = createGrpcTransport({ baseUrl: authority, sessionManager, acceptCompression: [] });
  return {
    transport: quickCalls(session, transport),
    call: (method, call) => quickCall(session, method, call),
    gone: gone.signal,
    close: () => session.destroy(),
  };
}

function managerOf(
  session: ClientHttp2Session,
  authority: string,
): NonNullable<GrpcTransportOptions["sessionManager"]> {
  return {
    authority,
    async request(method, path, headers, options) {
      const all: OutgoingHttpHeaders = { ...headers, ":method": method, ":path": path };
      const repeated = headers[REPEATED_HEADER];
      if (typeof repeated === "string") all[REPEATED_HEADER] = repeated.split(", ");
      const stream = session.request(all, options);
      return Object.assign(stream, { [Symbol.asyncIterator]: () => streamPieces(stream) });
    },
    notifyResponseByteRead() {},
  };
}

/** Ends a session whose other end does not answer: nobody else would tell of a cable that was pulled. */
function pingAlways(session: ClientHttp2Session): () => void {
  let answered = true;
  const timer = setInterval(() => {
    if (session.destroyed) return;
    if (!answered) return session.destroy(new Error(`no answer within ${PING_MS / 1000} s`));
    answered = false;
    session.ping(() => {
      answered = true;
    });
  }, PING_MS);
  return () => clearInterval(timer);
}
