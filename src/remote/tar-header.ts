// SPDX-License-Identifier: MIT OR Apache-2.0

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 (POSIX.1-2024, ustar) */
export const TAR_BLOCK = 512; // Bytes

/** One header of a tar file, as far as it is looked at here. */
export interface TarHeader {
  /** As it stands there, the ustar prefix included. */
  readonly name: string;
  /** Bytes that follow, before padding. */
  readonly size: number;
  /** One character; `0` for a file, `5` for a directory. */
  readonly type: string;
}

/** A header that is to be written. */
export interface NewTarHeader extends TarHeader {
  /** Default: 0755 for a directory, else 0644. */
  readonly mode?: number;
}

/** Offset and length of fields. */
const NAME = [0, 100] as const;
const MODE = [100, 8] as const;
const UID = [108, 8] as const;
const GID = [116, 8] as const;
const SIZE = [124, 12] as const;
const MTIME = [136, 12] as const;
const CHECKSUM = [148, 8] as const;
const TYPE = 156;
const MAGIC = [257, 8] as const;
const PREFIX = [345, 155] as const;

/** POSIX's; GNU tar's has blanks, and no prefix. */
const USTAR = "ustar\x0000";

/** Reads a header; undefined if it is none. */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  const bytes = Buffer.from(block.buffer, block.byteOffset, TAR_BLOCK);
  const sum = octal(bytes.subarray(CHECKSUM[0], CHECKSUM[0] + CHECKSUM[1]));
  const size = number(bytes.subarray(SIZE[0], SIZE[0] + SIZE[1]));
  if (sum !== checksum(bytes) || size === undefined) return undefined;
  const prefix = bytes.toString("latin1", MAGIC[0], MAGIC[0] + MAGIC[1]) === USTAR ? text(bytes, PREFIX) : "";
  const name = text(bytes, NAME);
  const type = String.fromCharCode(bytes[TYPE] ?? 0);
  return { name: prefix === "" ? name : `${prefix}/${name}`, size, type: type === "\0" ? "0" : type };
}

/** Makes a header without times, owners or names of them. The name has up to 100 bytes of ASCII. */
export function formatTarHeader({
  name,
  size,
  type,
  mode = type === "5" ? 0o755 : 0o644,
}: NewTarHeader): Uint8Array {
  const block = Buffer.alloc(TAR_BLOCK);
  block.write(name, NAME[0], NAME[1], "latin1");
  for (const [[at, length], value] of [
    [MODE, mode],
    [UID, 0],
    [GID, 0],
    [MTIME, 0],
  ] as const) {
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  }
  writeSize(block, size);
  block[TYPE] = type.charCodeAt(0);
  block.write(USTAR, MAGIC[0], "latin1");
  block.write(`${checksum(block).toString(8).padStart(6, "0")}\0 `, CHECKSUM[0], "latin1");
  return block;
}

/** The same for any name: one that does not fit stands in a pax header before it. */
export function formatLongTarHeader(header: NewTarHeader): Uint8Array {
  const { name } = header;
  const bytes = Buffer.byteLength(name);
  if (bytes <= NAME[1] && bytes === name.length) return formatTarHeader(header);
  const record = Buffer.from(paxRecord("path", name));
  return Buffer.concat([
    formatTarHeader({ name: PAX_NAME, size: record.length, type: "x" }),
    record,
    Buffer.alloc(tarPadding(record.length)),
    formatTarHeader({ ...header, name: name.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, NAME[1]) }),
  ]);
}

/** What the header before a header is called: nobody makes a file of it who knows what it is. */
const PAX_NAME = "PaxHeader";

/** `<length> <key>=<value>` and a line's end; the length, in bytes, counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const digits = String(bytes + String(bytes).length).length;
  return `${bytes + digits}${rest}`;
}

/** Bytes between content of some size and the next block. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

/** From here on, eleven octal digits do not suffice, and a binary number is written as GNU and star do. */
const LARGE = 8 ** 11; // 8 GiB

function writeSize(block: Buffer, size: number): void {
  const [at, length] = SIZE;
  if (size < LARGE) {
    block.write(`${size.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
    return;
  }
  block.writeBigUInt64BE(BigInt(size), at + length - 8);
  block[at] = 0x80;
}

function number(field: Buffer): number | undefined {
  if (((field[0] ?? 0) & 0x80) === 0) return octal(field);
  const value = field.readBigUInt64BE(field.length - 8);
  const rest = field.subarray(1, field.length - 8).every((byte) => byte === 0);
  return field[0] === 0x80 && rest && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

function octal(field: Buffer): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString("latin1"))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function text(block: Buffer, [at, length]: readonly [number, number]): string {
  const end = block.indexOf(0, at);
  return block.toString("utf8", at, end < 0 || end > at + length ? at + length : end);
}

/** Of all bytes, with blanks in place of the checksum itself. */
function checksum(block: Uint8Array): number {
  const [at, length] = CHECKSUM;
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= at && i < at + length ? 0x20 : (block[i] ?? 0);
  return sum;
}
