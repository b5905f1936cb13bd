// SPDX-License-Identifier: MIT OR Apache-2.0

/** Pieces as one of `size` bytes in all; without a copy where they lie one behind the other in the same memory. */
export function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = pieces;
  if (first === undefined) return new Uint8Array();
  let end = first.byteOffset;
  const areOne = pieces.every(({ buffer, byteOffset, byteLength }) => {
    const follows = buffer === first.buffer && byteOffset === end;
    end += byteLength;
    return follows;
  });
  return areOne ? new Uint8Array(first.buffer, first.byteOffset, size) : Buffer.concat(pieces, size);
}
