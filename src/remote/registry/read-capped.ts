// SPDX-License-Identifier: MIT OR Apache-2.0
import type { HttpResponse } from "./http.ts";

/** All bytes of a body; undefined, and the connection given up, if there are more than `most`. */
export async function readCapped(response: HttpResponse, most: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body) {
    size += piece.length;
    if (size > most) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}
