// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Budget } from "./budget.ts";
import { ByteReader } from "./byte-reader.ts";
import { type Bytes, bytesOf } from "./bytes.ts";
import { inflate } from "./inflate.ts";
import { Unsearchable } from "./unsearchable.ts";

const MAGIC = Buffer.from("\x7fELF", "latin1");
const SHF_COMPRESSED = 0x800;
const SHT_NOBITS = 8;
const SHN_XINDEX = 0xffff;
const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;
/** Before SHF_COMPRESSED: `ZLIB`, and the size as eight bytes, the highest first. */
const OLD_MAGIC = Buffer.from("ZLIB");

interface Section {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** True for an object, executable or shared library of ELF. */
export function isElf(bytes: Bytes): boolean {
  return bytes.read(0, MAGIC.length).equals(MAGIC);
}

/** A section that is not to be searched as it is. */
export type HiddenSection =
  | { readonly kind: "compressed"; readonly bytes: Bytes }
  /** LLVM's, for link-time optimisation. */
  | { readonly kind: "bitcode"; readonly bytes: Bytes }
  /** rustc's metadata in a dynamic library. */
  | { readonly kind: "metadata"; readonly bytes: Bytes };

const KINDS: Readonly<Record<string, "bitcode" | "metadata">> = {
  ".llvmbc": "bitcode",
  ".rustc": "metadata",
};

/**
 * The compressed sections, decompressed, and those with bitcode or metadata; all others are as they are among the file's bytes.
 * https://www.sco.com/developers/gabi/latest/ch4.sheader.html (section headers, compression header)
 */
export function* hiddenSections(bytes: Bytes, budget: Budget): Generator<HiddenSection> {
  const identification = bytes.read(0, 6);
  const is64 = identification[4] === 2;
  const order = identification[5] === 2 ? "big" : "little";
  if (identification[4] !== 1 && !is64) throw new Unsearchable("it is of no known class of ELF");
  const reader = new ByteReader(bytes, order);
  const { sections, names } = sectionsOf(reader, is64, order, budget);
  for (const section of sections) {
    budget.part();
    if (section.type === SHT_NOBITS || section.size === 0) continue;
    if ((section.flags & SHF_COMPRESSED) !== 0) {
      const packed = reader.part(section.offset, section.size);
      yield { kind: "compressed", bytes: inflateSection(packed, order, is64, budget) };
      continue;
    }
    const name = nameAt(reader, names, section.name);
    const kind = KINDS[name];
    if (kind === undefined && !name.startsWith(".zdebug_")) continue;
    const content = reader.part(section.offset, section.size);
    if (kind !== undefined) {
      yield { kind, bytes: content };
    } else if (content.read(0, OLD_MAGIC.length).equals(OLD_MAGIC)) {
      const size = new ByteReader(content, "big").u64(OLD_MAGIC.length);
      const packed = content.part(OLD_MAGIC.length + 8, content.length);
      yield { kind: "compressed", bytes: sized(packed, "zlib", size, budget) };
    }
  }
}

function sectionsOf(
  reader: ByteReader,
  is64: boolean,
  order: "little" | "big",
  budget: Budget,
): { readonly sections: readonly Section[]; readonly names: Section | undefined } {
  const start = is64 ? reader.u64(0x28) : reader.u32(0x20);
  if (start === 0) return { sections: [], names: undefined };
  const entrySize = reader.u16(is64 ? 0x3a : 0x2e);
  const saidCount = reader.u16(is64 ? 0x3c : 0x30);
  const saidNames = reader.u16(is64 ? 0x3e : 0x32);
  if (entrySize < (is64 ? 64 : 40)) throw new Unsearchable("its section headers are too short");
  const at = (index: number) => sectionAt(reader, start + index * entrySize, is64, order);
  // More than fit the header: the first section, which is none, has the numbers.
  const count = saidCount === 0 ? at(0).size : saidCount;
  const namesIndex = saidNames === SHN_XINDEX ? at(0).link : saidNames;
  reader.part(start, count * entrySize); // no more than there are
  const sections = Array.from({ length: count }, (_, index) => {
    budget.part();
    return at(index);
  });
  return { sections, names: namesIndex === 0 ? undefined : sections[namesIndex] };
}

function sectionAt(reader: ByteReader, at: number, is64: boolean, order: "little" | "big"): Section {
  const word = (index: number) => reader.u32(at + index);
  if (!is64) {
    return { name: word(0), type: word(4), flags: word(8), offset: word(16), size: word(20), link: word(24) };
  }
  const long = (index: number) => reader.u64(at + index);
  // Of the flags' two words, the one with those that are looked at.
  const flags = word(order === "little" ? 8 : 12);
  return { name: word(0), type: word(4), flags, offset: long(24), size: long(32), link: word(40) };
}

function nameAt(reader: ByteReader, names: Section | undefined, at: number): string {
  if (names === undefined || names.type === SHT_NOBITS) return "";
  const start = names.offset + at;
  const longest = Math.max(0, Math.min(LONGEST_NAME, names.offset + names.size - start));
  return (reader.slice(start, longest).toString("latin1").split("\0")[0] ?? "").trim();
}

/** All that is asked for is how a name begins. */
const LONGEST_NAME = 16;

function inflateSection(section: Bytes, order: "little" | "big", is64: boolean, budget: Budget): Bytes {
  const reader = new ByteReader(section, order);
  const type = reader.u32(0);
  const size = is64 ? reader.u64(8) : reader.u32(4);
  const content = section.part(is64 ? 24 : 12, section.length);
  if (type === ELFCOMPRESS_ZLIB) return sized(content, "zlib", size, budget);
  if (type === ELFCOMPRESS_ZSTD) return sized(content, "zstd", size, budget);
  throw new Unsearchable("a section is compressed in an unknown way");
}

/** A decoder that stops early would leave something out. */
function sized(content: Bytes, method: "zlib" | "zstd", size: number, budget: Budget): Bytes {
  const inflated = inflate(content, method, budget, size);
  if (inflated.length < size) throw new Unsearchable("a section is shorter than it says");
  return bytesOf(inflated);
}
