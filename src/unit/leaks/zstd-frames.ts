// SPDX-License-Identifier: MIT OR Apache-2.0
import { ByteReader } from "./byte-reader.ts";
import type { Bytes } from "./bytes.ts";
import { Unsearchable } from "./unsearchable.ts";

const MAGIC = 0xfd2fb528;
/** 0x184D2A50 to 0x184D2A5F */
const SKIPPABLE = 0x184d2a5;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/**
 * The frames of a zstd file, each by itself: Node 24 decodes the first of several in one buffer and leaves the rest
 * out in silence. https://www.rfc-editor.org/rfc/rfc8878#section-3.1
 */
export function zstdFrames(bytes: Bytes): readonly Bytes[] {
  const reader = new ByteReader(bytes, "little");
  const frames: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const magic = reader.u32(at);
    if (magic >>> 4 === SKIPPABLE) {
      at += 8 + reader.u32(at + 4);
      continue;
    }
    if (magic !== MAGIC) throw new Unsearchable("something follows its last frame");
    const end = frameEnd(reader, at + 4);
    frames.push(reader.part(at, end - at));
    at = end;
  }
  return frames;
}

/** @param start just behind the magic number */
function frameEnd(reader: ByteReader, start: number): number {
  const descriptor = reader.slice(start, 1)[0] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let at = start + 1 + (isSingleSegment ? 0 : 1) + dictionary + contentSize;
  for (let isLast = false; !isLast; ) {
    const header = reader.slice(at, 3).readUIntLE(0, 3);
    isLast = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw new Unsearchable("it has a block of no known type");
    at += 3 + (type === RLE_BLOCK ? 1 : header >> 3);
  }
  return at + ((descriptor & 4) !== 0 ? 4 : 0);
}
