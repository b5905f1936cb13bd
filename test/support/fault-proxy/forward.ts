// SPDX-License-Identifier: MIT OR Apache-2.0
import { once } from "node:events";
import {
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline } from "node:stream/promises";
import { type Blow, corrupt } from "./blow.ts";
import type { OpenExchange } from "./exchange.ts";
import { forwardedHeaders, headerValue } from "./headers.ts";

/** The server behind. */
export interface Upstream {
  readonly url: URL;
  /** PEM: whom to trust. */
  readonly ca: string | undefined;
}

/** Sends a request on, with what its fault does to it; resolves with the head of the response. */
export async function forward(
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
  exchange: OpenExchange,
  blow: Blow,
): Promise<IncomingMessage> {
  const { fault } = blow;
  const dropped = ["expect"];
  if (fault?.kind === "unauthorized" && headerValue(exchange.rawHeaders, "authorization") !== undefined) {
    dropped.push("authorization");
    blow.strike();
  }
  const outgoing = open(upstream, exchange, dropped);
  outgoing.on("error", () => {});
  response.once("close", () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  const answered = once(outgoing, "response");
  const upload = pipeline(request, (source) => spoilUpload(source, exchange, blow), outgoing);
  // Upstream may answer, and close, before it has read everything.
  upload.catch(() => {});
  const [incoming] = (await answered) as [IncomingMessage];
  return incoming;
}

function open({ url, ca }: Upstream, exchange: OpenExchange, dropped: readonly string[]): ClientRequest {
  const options = {
    method: exchange.method,
    path: exchange.path,
    headers: forwardedHeaders(exchange.rawHeaders, dropped),
    host: url.hostname,
    port: url.port,
    // A connection that is kept may be closed when it is used again: a fault that nobody injected.
    agent: false,
  } as const;
  if (url.protocol === "http:") return requestHttp(options);
  return requestHttps({ ...options, ca, servername: "localhost" });
}

async function* spoilUpload(
  source: AsyncIterable<Buffer>,
  exchange: OpenExchange,
  blow: Blow,
): AsyncGenerator<Buffer> {
  const { fault } = blow;
  const bad = fault?.kind === "corrupt" && fault.in === "request" ? (fault.at ?? 0) : -1;
  for await (const chunk of source) {
    const offset = exchange.requestBytes;
    exchange.take(chunk);
    if (fault?.kind === "cut-upload" && exchange.requestBytes >= fault.bytes) {
      if (fault.bytes > offset) yield chunk.subarray(0, fault.bytes - offset);
      blow.reset();
      // An end would make it a whole request for upstream.
      throw new Error("The upload was cut");
    }
    yield corrupt(chunk, bad - offset, blow);
  }
}
