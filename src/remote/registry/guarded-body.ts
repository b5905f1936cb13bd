// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable } from "node:stream";
import type { HttpRequest } from "./http.ts";

/** A request's body, of which one can tell what it threw itself from what a connection does. */
export interface GuardedBody {
  readonly body: Readable | Uint8Array | string | null;
  failed(): boolean;
  reason(): unknown;
}

/** Wraps a body for one sending. */
export function guardedBody(body: HttpRequest["body"]): GuardedBody {
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
