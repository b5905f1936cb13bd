// SPDX-License-Identifier: MIT OR Apache-2.0

/** `\x7fELF`, 64 bits, the least significant byte first. */
const ELF64_LE = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const HEADER_BYTES = 64;
/** Of an entry of the table of segments. */
const ENTRY_BYTES = 56;
const PT_LOAD = 1;

/**
 * What an executable or a library has in memory when it runs: its code's constants are there, and its debug information,
 * most of the file, is not. Of what is no ELF of 64 bits, or not a sound one, all of it. (System V ABI, gABI 4.1, "Program
 * Header".)
 */
export function loadedBytes(file: Buffer): Buffer {
  if (file.length < HEADER_BYTES || !file.subarray(0, ELF64_LE.length).equals(ELF64_LE)) return file;
  const table = Number(file.readBigUInt64LE(32));
  const [entryBytes, count] = [file.readUInt16LE(54), file.readUInt16LE(56)];
  if (entryBytes !== ENTRY_BYTES || table + count * ENTRY_BYTES > file.length) return file;
  const segments: Buffer[] = [];
  for (let at = table; at < table + count * ENTRY_BYTES; at += ENTRY_BYTES) {
    if (file.readUInt32LE(at) !== PT_LOAD) continue;
    const start = Number(file.readBigUInt64LE(at + 8));
    const end = start + Number(file.readBigUInt64LE(at + 32));
    if (end > file.length) return file;
    segments.push(file.subarray(start, end));
  }
  return segments.length === 0 ? file : Buffer.concat(segments);
}
