// SPDX-License-Identifier: MIT OR Apache-2.0
// How long the parts of a zstd frame are: https://www.rfc-editor.org/rfc/rfc8878#section-3.1

/** What a frame begins with, as a little-endian number. */
export const ZSTD_MAGIC = 0xfd2fb528;

const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** True for what a skippable frame begins with, 0x184D2A50 to 0x184D2A5F: its length follows as four bytes. */
export function isSkippable(magic: number): boolean {
  return magic >>> 4 === 0x184d2a5;
}

/** Bytes of a frame's header behind its descriptor, the byte that follows the magic number. */
export function headerLength(descriptor: number): number {
  const { before, size } = contentSizeField(descriptor);
  return before + size;
}

/** Bytes of what is in a frame, which is given from its beginning; undefined where it does not say. */
export function contentSize(frame: Buffer): number | undefined {
  const descriptor = frame.readUInt8(4);
  const { before, size } = contentSizeField(descriptor);
  const at = 5 + before;
  if (size === 0) return undefined;
  if (size === 8) return Number(frame.readBigUInt64LE(at));
  return frame.readUIntLE(at, size) + (size === 2 ? 256 : 0);
}

/** Where a header says how much there is: bytes between the descriptor and that, and of that; none if it does not say. */
function contentSizeField(descriptor: number): { readonly before: number; readonly size: number } {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return { before: (isSingleSegment ? 0 : 1) + dictionary, size };
}

/** Bytes behind a frame's last block. */
export function checksumLength(descriptor: number): number {
  return (descriptor & 4) !== 0 ? 4 : 0;
}

/** What a block's header says, three bytes as a little-endian number; undefined for a type that there is not. */
export function parseBlockHeader(
  header: number,
): { readonly isLast: boolean; readonly length: number } | undefined {
  const type = (header >> 1) & 3;
  if (type === RESERVED_BLOCK) return undefined;
  return { isLast: (header & 1) !== 0, length: type === RLE_BLOCK ? 1 : header >> 3 };
}
