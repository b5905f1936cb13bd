// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ProxyEnvironment } from "./proxy-for.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One HTTP request, sent once. */
export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces need a `content-length` header, and are what they are until the next is asked for. */
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
  /** Opens so many connections for the next requests to there; what goes wrong is heard of by those. */
  connect?(url: URL, count: number): void;
  close(): Promise<void>;
}

/** A connection that is not there after this will hardly come: 10 s. */
export const CONNECT_MS = 10_000;
/** What is left of a body is read up to here rather than giving the connection up. */
export const DISCARD_BYTES = 64 * 1024;
