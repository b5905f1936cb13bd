// SPDX-License-Identifier: MIT OR Apache-2.0

/** An archive as GNU ar writes it. */
export function arOf(members: readonly Buffer[]): Buffer {
  const parts = members.flatMap((member, at) => {
    const header = `${`m${at}/`.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"644".padEnd(8)}${String(member.length).padEnd(10)}\`\n`;
    return [Buffer.from(header, "latin1"), member, Buffer.from(member.length % 2 === 1 ? "\n" : "")];
  });
  return Buffer.concat([Buffer.from("!<arch>\n"), ...parts]);
}

/** An entry of a zip, already compressed. */
export interface ZipEntry {
  readonly method: number;
  readonly content: Buffer;
  readonly size: number;
}

/** A zip with a central directory. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { method, content, size } of entries) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(1, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), fields, Buffer.from("n"), content]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0", "latin1"), fields, tail, Buffer.from("n")]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A section, already compressed. */
export interface ElfSection {
  /** Of the compression header; `old` is a section of the name `.zdebug_info`, `metadata` one that is called `.rustc`. */
  readonly compression: number | "old" | "metadata";
  readonly content: Buffer;
  readonly size: number;
}

const NAMES = Buffer.from("\0.zdebug_info\0.debug_info\0.shstrtab\0.rustc\0", "latin1");

/** Where in these; `.debug_info` for others. */
const NAME_AT: Readonly<Record<string, number>> = { old: 1, metadata: 36 };

/** An object of these sections. */
export function elfOf(
  sections: readonly ElfSection[],
  { is64, order }: { readonly is64: boolean; readonly order: "little" | "big" } = {
    is64: true,
    order: "little",
  },
): Buffer {
  const number = (value: number, bytes: number): Buffer => {
    const buffer = Buffer.alloc(bytes);
    if (bytes === 8) {
      if (order === "little") buffer.writeBigUInt64LE(BigInt(value));
      else buffer.writeBigUInt64BE(BigInt(value));
    } else if (order === "little") buffer.writeUIntLE(value, 0, bytes);
    else buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
  const word = (value: number) => number(value, is64 ? 8 : 4);
  const contents = [
    ...sections.map(({ compression, content, size }) => {
      if (compression === "metadata") return content;
      if (compression === "old") {
        const said = Buffer.alloc(8);
        said.writeBigUInt64BE(BigInt(size));
        return Buffer.concat([Buffer.from("ZLIB"), said, content]);
      }
      const header = is64
        ? [number(compression, 4), number(0, 4), word(size), word(1)]
        : [number(compression, 4), word(size), word(1)];
      return Buffer.concat([...header, content]);
    }),
    NAMES,
  ];
  const start = is64 ? 64 : 52;
  const table = start + contents.reduce((sum, { length }) => sum + length, 0);
  let at = start;
  const header = (name: number, type: number, flags: number, offset: number, size: number) =>
    Buffer.concat([
      ...[number(name, 4), number(type, 4), word(flags), word(0), word(offset), word(size)],
      ...[number(0, 4), number(0, 4), word(1), word(0)],
    ]);
  const headers = contents.map((content, index) => {
    const section = sections[index];
    const isPlain = typeof section?.compression === "string";
    const name = section === undefined ? 26 : (NAME_AT[section.compression] ?? 14);
    const made = header(
      name,
      section === undefined ? 3 : 1,
      section === undefined || isPlain ? 0 : 0x800,
      at,
      content.length,
    );
    at += content.length;
    return made;
  });
  const identity = Buffer.from([
    0x7f,
    0x45,
    0x4c,
    0x46,
    is64 ? 2 : 1,
    order === "little" ? 1 : 2,
    1,
    ...Array(9).fill(0),
  ]);
  const file = Buffer.concat([
    identity,
    ...[number(1, 2), number(62, 2), number(1, 4), word(0), word(0), word(table), number(0, 4)],
    ...[number(start, 2), number(0, 2), number(0, 2), number(is64 ? 64 : 40, 2)],
    ...[number(headers.length + 1, 2), number(headers.length, 2)],
  ]);
  return Buffer.concat([file, ...contents, header(0, 0, 0, 0, 0), ...headers]);
}
