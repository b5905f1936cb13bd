// SPDX-License-Identifier: MIT OR Apache-2.0

/** The same pieces, each in memory of its own: for who still looks at one when it has asked for the next. */
export async function* ownPieces(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) yield Uint8Array.from(piece);
}
