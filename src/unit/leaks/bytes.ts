// SPDX-License-Identifier: MIT OR Apache-2.0

/** Bytes of a file that need not all be in memory. */
export interface Bytes {
  readonly length: number;
  /** `length` bytes from a place on, or as many as there are. */
  read(at: number, length: number): Buffer;
  /** What lies between two places, by itself. */
  part(at: number, end: number): Bytes;
  /**
   * All of them, from the front to the end: one window, or many that lap over each other by so many bytes. What is in one
   * is to be looked at before the next is asked for.
   */
  windows(overlap: number): Iterable<Window>;
}

/** What is looked at at once. */
export interface Window {
  readonly bytes: Buffer;
  /** Where it begins. */
  readonly at: number;
  /** False if something stands before it, or behind it. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Bytes that are in memory. */
export function bytesOf(bytes: Buffer): Bytes {
  return {
    length: bytes.length,
    read: (at, length) => bytes.subarray(at, at + length),
    part: (at, end) => bytesOf(bytes.subarray(at, end)),
    windows: () => [{ bytes, at: 0, isFirst: true, isLast: true }],
  };
}

/** What a file is looked at through. */
const WINDOW = 4 * 1024 * 1024; // 4 MiB
/** Headers are read number by number. */
const READ_AHEAD = 64 * 1024; // 64 KiB

/** Reads `length` bytes of a file from a place on, into memory if there is some. */
export type ReadBytes = (at: number, length: number, memory?: Buffer) => Buffer;

/** Bytes of a file, read as they are looked at. */
export function rangedBytes(length: number, readBytes: ReadBytes, window = WINDOW): Bytes {
  let ahead: Pick<Window, "at" | "bytes"> = { at: 0, bytes: Buffer.alloc(0) };
  const read = (at: number, wanted: number) => {
    const size = Math.max(0, Math.min(wanted, length - at));
    if (size > READ_AHEAD) return readBytes(at, size);
    if (at < ahead.at || at + size > ahead.at + ahead.bytes.length)
      ahead = { at, bytes: readBytes(at, Math.min(READ_AHEAD, length - at)) };
    return ahead.bytes.subarray(at - ahead.at, at - ahead.at + size);
  };
  return {
    length,
    read,
    part: (at, end) =>
      rangedBytes(Math.max(0, end - at), (from, size, memory) => readBytes(at + from, size, memory), window),
    *windows(overlap) {
      const most = window + overlap;
      // V8 would let many windows pile up before it looks which are garbage.
      const memory = length > most ? Buffer.allocUnsafeSlow(most) : undefined;
      for (let at = 0, isLast = false; !isLast; at += window) {
        const bytes = readBytes(at, Math.min(most, length - at), memory);
        isLast = at + bytes.length >= length;
        yield { bytes, at, isFirst: at === 0, isLast };
      }
    },
  };
}

/** Where some bytes stand, at `from` or behind it; -1 if nowhere. */
export function indexIn(bytes: Bytes, wanted: Buffer, from = 0): number {
  for (const window of bytes.part(from, bytes.length).windows(wanted.length - 1)) {
    const at = window.bytes.indexOf(wanted);
    if (at >= 0) return from + window.at + at;
  }
  return -1;
}
