// SPDX-License-Identifier: MIT OR Apache-2.0
import type { IncomingMessage } from "node:http";
import type { Fault, RequestHead } from "./fault.ts";

/** One request, and what came of it. */
export interface Exchange extends RequestHead {
  /** Of the request's body. */
  readonly requestBytes: number;
  /** With `recordBodies`; else empty. */
  readonly requestBody: Buffer;
  /** Of the response as far as the client could get it; `undefined` if none came. */
  readonly status: number | undefined;
  /** Names and values in turn. */
  readonly responseHeaders: readonly string[];
  readonly responseBytes: number;
  /** What went wrong with it. A fault that found nothing to break, such as a body too short, is not here. */
  readonly fault: Fault | undefined;
  /** False while it goes on. */
  readonly ended: boolean;
}

/** The same while it is written. */
export interface OpenExchange extends Exchange {
  requestBytes: number;
  status: number | undefined;
  responseHeaders: readonly string[];
  responseBytes: number;
  fault: Fault | undefined;
  ended: boolean;
  /** Counts, and may keep, a part of the request's body. */
  take(chunk: Buffer): void;
}

export function openExchange(request: IncomingMessage, number: number, keepBody: boolean): OpenExchange {
  const chunks: Buffer[] = [];
  return {
    number,
    method: request.method ?? "",
    path: request.url ?? "",
    rawHeaders: request.rawHeaders,
    requestBytes: 0,
    get requestBody() {
      return Buffer.concat(chunks);
    },
    status: undefined,
    responseHeaders: [],
    responseBytes: 0,
    fault: undefined,
    ended: false,
    take(chunk) {
      this.requestBytes += chunk.length;
      if (keepBody) chunks.push(chunk);
    },
  };
}

/** All bytes of a request as HTTP/1.1 has them, its body without transfer coding. */
export function requestAsSent({ method, path, rawHeaders, requestBody }: Exchange): Buffer {
  const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${headers.join("")}\r\n`, "latin1"),
    requestBody,
  ]);
}
