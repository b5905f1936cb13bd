// SPDX-License-Identifier: MIT OR Apache-2.0
import type { HttpRequest } from "./http.ts";

/** A request's body, of which one can tell what it threw itself from what a connection does. */
export interface GuardedBody {
  readonly body: HttpRequest["body"];
  failed(): boolean;
  reason(): unknown;
}

/** Wraps a body for one sending. */
export function guardedBody(body: HttpRequest["body"]): GuardedBody {
  let failure: { readonly reason: unknown } | undefined;
  const state = { failed: () => failure !== undefined, reason: () => failure?.reason };
  if (!isInPieces(body)) return { ...state, body };
  async function* watched(pieces: AsyncIterable<Uint8Array>) {
    try {
      yield* pieces;
    } catch (reason) {
      failure = { reason };
      throw reason;
    }
  }
  return { ...state, body: watched(body) };
}

/** True for what comes piece by piece. */
export function isInPieces(body: HttpRequest["body"]): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && Symbol.asyncIterator in body;
}
