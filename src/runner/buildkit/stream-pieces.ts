// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Readable } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";

const CHANGES = ["readable", "end", "error", "close"] as const;

/**
 * What comes out of a stream, to its end. Node's own iterator (24.15) fails for a stream of HTTP/2 that was closed before
 * it was asked for the first time, whatever is still in it: answers that come at once, in one piece, are lost.
 */
export async function* streamPieces(stream: Readable): AsyncGenerator<Buffer, undefined, undefined> {
  for (;;) {
    const piece: Buffer | null = stream.read();
    if (piece !== null) {
      yield piece;
    } else if (stream.readableEnded) {
      return;
    } else if (stream.destroyed) {
      throw stream.errored ?? new ConnectError("its answer broke off", Code.Unavailable);
    } else {
      await change(stream);
    }
  }
}

function change(stream: Readable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const event of CHANGES) stream.on(event, resolve);
  return promise.finally(() => {
    for (const event of CHANGES) stream.off(event, resolve);
  });
}
