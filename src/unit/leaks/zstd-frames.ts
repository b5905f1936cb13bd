// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  checksumLength,
  headerLength,
  isSkippable,
  parseBlockHeader,
  ZSTD_MAGIC,
} from "../../zstd-format.ts";
import { ByteReader } from "./byte-reader.ts";
import type { Bytes } from "./bytes.ts";
import { Unsearchable } from "./unsearchable.ts";

/**
 * The frames of a zstd file, each by itself: Node 24 decodes the first of several in one buffer and leaves the rest
 * out in silence. https://www.rfc-editor.org/rfc/rfc8878#section-3.1
 */
export function zstdFrames(bytes: Bytes): readonly Bytes[] {
  const reader = new ByteReader(bytes, "little");
  const frames: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const magic = reader.u32(at);
    if (isSkippable(magic)) {
      at += 8 + reader.u32(at + 4);
      continue;
    }
    if (magic !== ZSTD_MAGIC) throw new Unsearchable("something follows its last frame");
    const end = frameEnd(reader, at + 4);
    frames.push(reader.part(at, end - at));
    at = end;
  }
  return frames;
}

/** @param start just behind the magic number */
function frameEnd(reader: ByteReader, start: number): number {
  const descriptor = reader.slice(start, 1)[0] ?? 0;
  let at = start + 1 + headerLength(descriptor);
  for (let isLast = false; !isLast; ) {
    const block = parseBlockHeader(reader.slice(at, 3).readUIntLE(0, 3));
    if (block === undefined) throw new Unsearchable("it has a block of no known type");
    isLast = block.isLast;
    at += 3 + block.length;
  }
  return at + checksumLength(descriptor);
}
