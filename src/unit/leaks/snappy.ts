// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Bytes } from "./bytes.ts";
import { Unsearchable } from "./unsearchable.ts";

/** The chunk that every framed stream begins with. */
export const SNAPPY_START = Buffer.from("\xff\x06\0\0sNaPpY", "latin1");

/** Bytes of one chunk when it is decompressed. */
const LARGEST_CHUNK = 65536;
const CHECKSUM = 4;

/** What came out of a stream, and where its last whole chunk ends. */
export interface SnappyStream {
  readonly bytes: Buffer;
  readonly end: number;
}

/**
 * Decompresses a framed Snappy stream as far as it is one: to its end, or to the first chunk that is none. Checksums are not checked.
 * https://github.com/google/snappy/blob/1.2.1/framing_format.txt
 * Throws `Unsearchable` if more than `limit` bytes come out.
 */
export function readSnappyFrames(stream: Bytes, limit: number): SnappyStream {
  if (!stream.read(0, SNAPPY_START.length).equals(SNAPPY_START)) return { bytes: Buffer.alloc(0), end: 0 };
  const pieces: Buffer[] = [];
  let total = 0;
  let at = SNAPPY_START.length;
  while (at + 4 <= stream.length) {
    const header = stream.read(at, 4);
    const type = header[0] ?? 0;
    const start = at + 4;
    const end = start + header.readUIntLE(1, 3);
    if (end > stream.length || (type >= 0x02 && type <= 0x7f)) break;
    if (type <= 0x01) {
      const body = stream.read(start + CHECKSUM, end - start - CHECKSUM);
      const piece = end - start < CHECKSUM ? undefined : type === 0x00 ? decompressBlock(body) : body;
      if (piece === undefined || piece.length > LARGEST_CHUNK) break;
      total += piece.length;
      if (total > limit) throw new Unsearchable("it holds too much when it is decompressed");
      pieces.push(piece);
    }
    at = end;
  }
  return { bytes: Buffer.concat(pieces), end: at };
}

/**
 * One block of raw Snappy; undefined if it is none, or larger than a chunk may be.
 * https://github.com/google/snappy/blob/1.2.1/format_description.txt
 */
function decompressBlock(block: Buffer): Buffer | undefined {
  const header = readVarint(block);
  if (header === undefined || header.value > LARGEST_CHUNK) return undefined;
  const out = Buffer.alloc(header.value);
  let to = 0;
  let at = header.end;
  while (at < block.length) {
    const tag = block[at++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const extra = short < 60 ? 0 : short - 59;
      if (at + extra > block.length) return undefined;
      const length = (extra === 0 ? short : block.readUIntLE(at, extra)) + 1;
      at += extra;
      if (at + length > block.length || to + length > out.length) return undefined;
      block.copy(out, to, at, at + length);
      at += length;
      to += length;
      continue;
    }
    const extra = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    if (at + extra > block.length) return undefined;
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = kind === 1 ? ((tag >> 5) << 8) | (block[at] ?? 0) : block.readUIntLE(at, extra);
    at += extra;
    if (offset === 0 || offset > to || to + length > out.length) return undefined;
    // Byte by byte: what is copied may reach into what is being written.
    for (const end = to + length; to < end; to++) out[to] = out[to - offset] ?? 0;
  }
  return to === out.length ? out : undefined;
}

function readVarint(bytes: Buffer): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = 0; at < Math.min(5, bytes.length); at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
