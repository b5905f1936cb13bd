// SPDX-License-Identifier: MIT OR Apache-2.0
import { arMembers, isAr } from "./ar.ts";
import type { Budget } from "./budget.ts";
import { type Bytes, bytesOf, indexIn } from "./bytes.ts";
import { hiddenSections, isElf } from "./elf.ts";
import { inflate } from "./inflate.ts";
import { compressedMetadata } from "./rustc-metadata.ts";
import { Unsearchable } from "./unsearchable.ts";
import { isZip, zipEntries } from "./zip.ts";

/** Something to search. */
export interface Piece {
  readonly bytes: Bytes;
  /** False for a part of what was searched as it is already. */
  readonly isNew: boolean;
  /** True for LLVM's bitcode: texts in it may begin at any bit. */
  readonly isBitcode: boolean;
}

/** Bitcode, alone or in a section of whatever object format. */
const BITCODE = Buffer.from("BC\xc0\xde", "latin1");
const GZIP = Buffer.from("\x1f\x8b\x08", "latin1");
const ZSTD = Buffer.from("\x28\xb5\x2f\xfd", "latin1");
/** How files begin that hold other files and that are not opened here: xz, bzip2, 7-Zip, lz4, rar, lzip, AIX's archives. */
const CLOSED = [
  "\xfd7zXZ\0",
  "BZh",
  "7z\xbc\xaf\x27\x1c",
  "\x04\x22\x4d\x18",
  "Rar!\x1a\x07",
  "LZIP",
  "<bigaf>\n",
].map((magic) => Buffer.from(magic, "latin1"));

/**
 * Some bytes, and all that lies compressed in them, at any depth: members of archives, sections of objects, rustc's
 * metadata in dynamic libraries, and compressed files. Throws `Unsearchable` where it cannot look into something.
 */
export function* piecesOf(bytes: Bytes, budget: Budget): Generator<Piece> {
  yield* opened(bytes, true, budget, 0);
}

function* opened(bytes: Bytes, isNew: boolean, budget: Budget, depth: number): Generator<Piece> {
  if (depth > budget.limits.depth) throw new Unsearchable("too many containers lie in each other");
  budget.part();
  const inner = (content: Bytes, isInnerNew = true) => opened(content, isInnerNew, budget, depth + 1);
  const [ar, elf] = [isAr(bytes), isElf(bytes)];
  // Of ELF the sections with bitcode and metadata are known, of other formats just that there are some.
  const isOther = !ar && !elf;
  yield { bytes, isNew, isBitcode: isOther && indexIn(bytes, BITCODE) >= 0 };
  if (isOther) for (const metadata of compressedMetadata(bytes, budget)) yield* inner(metadata);
  if (ar) {
    for (const member of arMembers(bytes, budget)) yield* inner(member, false);
  } else if (elf) {
    for (const section of hiddenSections(bytes, budget)) {
      if (section.kind === "compressed") yield* inner(section.bytes);
      else if (section.kind === "bitcode") yield { bytes: section.bytes, isNew: false, isBitcode: true };
      else for (const metadata of compressedMetadata(section.bytes, budget)) yield* inner(metadata);
    }
  } else if (isZip(bytes)) {
    for (const entry of zipEntries(bytes, budget)) yield* inner(entry);
  } else if (startsWith(bytes, GZIP)) {
    yield* inner(bytesOf(inflate(bytes, "gzip", budget)));
  } else if (startsWith(bytes, ZSTD)) {
    yield* inner(bytesOf(inflate(bytes, "zstd", budget)));
  } else if (CLOSED.some((magic) => startsWith(bytes, magic))) {
    throw new Unsearchable("it is compressed in a way that is not opened");
  }
}

function startsWith(bytes: Bytes, magic: Buffer): boolean {
  return bytes.read(0, magic.length).equals(magic);
}
