// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Budget } from "./budget.ts";
import { type Bytes, bytesOf, indexIn } from "./bytes.ts";
import { readSnappyFrames, SNAPPY_START } from "./snappy.ts";
import { Unsearchable } from "./unsearchable.ts";

/** `METADATA_HEADER` without the version, rustc_metadata's rmeta/mod.rs. */
const HEADER = Buffer.from("rust\0\0\0", "latin1");
const HEADER_LENGTH = 8;

/**
 * The compressed metadata in a dynamic library or proc-macro, wherever in its object format it lies, decompressed:
 * rustc before 1.9x writes its header, the length of what follows (since 1.6x as four bytes, later as eight) and a
 * framed Snappy stream (`create_compressed_metadata_file` in rustc_codegen_ssa's back/metadata.rs); later ones do not
 * compress. A stream of anybody else's is taken as far as it goes; rustc's must go to its end.
 */
export function* compressedMetadata(bytes: Bytes, budget: Budget): Generator<Bytes> {
  let at = indexIn(bytes, SNAPPY_START);
  while (at >= 0) {
    budget.part();
    const rest = bytes.part(at, bytes.length);
    const stream = readSnappyFrames(rest, budget.nextPiece);
    const length = lengthSaid(bytes, at);
    const isCutShort = stream.bytes.length === 0 || (typeof length === "number" && stream.end < length);
    if (length !== undefined && isCutShort) throw new Unsearchable("its metadata cannot be decompressed");
    budget.spend(stream.bytes.length);
    if (stream.bytes.length > 0) yield bytesOf(stream.bytes);
    at = indexIn(bytes, SNAPPY_START, at + Math.max(SNAPPY_START.length, stream.end));
  }
}

/** What rustc's header in front of a stream says of its length; undefined if there is no such header. */
function lengthSaid(bytes: Bytes, at: number): number | "nothing" | undefined {
  const isHeader = (start: number) => start >= 0 && bytes.read(start, HEADER.length).equals(HEADER);
  if (isHeader(at - HEADER_LENGTH)) return "nothing";
  if (isHeader(at - HEADER_LENGTH - 4)) return bytes.read(at - 4, 4).readUInt32BE();
  if (isHeader(at - HEADER_LENGTH - 8)) return Number(bytes.read(at - 8, 8).readBigUInt64LE());
  return undefined;
}
