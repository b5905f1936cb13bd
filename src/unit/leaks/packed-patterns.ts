// SPDX-License-Identifier: MIT OR Apache-2.0

/** A text as a run of bits that begins within a byte. */
export interface PackedPattern {
  /** The bytes that it fills. */
  readonly anchor: Buffer;
  /** The bits around these, low bits first: `before` ends where the anchor begins. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** A text of fewer bits is found by chance in some megabytes. */
const FEWEST_BITS = 35;
/** The order of LLVM's six-bit characters (https://llvm.org/docs/BitCodeFormat.html#char6-value). */
const CHAR6 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";

/**
 * How LLVM's bitcode has a text: an array of characters of 8, 7 or 6 bits that begins at any bit
 * (https://llvm.org/docs/BitCodeFormat.html#primitives). Constants of what was compiled for LTO are there and nowhere
 * else. A text that begins with a byte is left out where it has 8 bits: that is the text as it is.
 */
export function packedPatterns(text: string): readonly PackedPattern[] {
  const bytes = [...Buffer.from(text, "utf8")];
  const isAscii = bytes.every((byte) => byte < 0x80);
  const six = [...text].map((letter) => CHAR6.indexOf(letter));
  return [
    ...shifted(bytes, 8).slice(1),
    ...(isAscii ? shifted(bytes, 7) : []),
    ...(six.includes(-1) ? [] : shifted(six, 6)),
  ];
}

/** The same bits beginning at each of the eight bits of a byte. */
function shifted(values: readonly number[], width: number): readonly PackedPattern[] {
  if (values.length * width < FEWEST_BITS) return [];
  const bits = values.flatMap((value) => Array.from({ length: width }, (_, bit) => (value >> bit) & 1));
  return Array.from({ length: 8 }, (_, start) => {
    const skipped = (8 - start) % 8;
    const filled = Math.floor((bits.length - skipped) / 8);
    const byteAt = (at: number) =>
      bits.slice(skipped + at * 8, skipped + at * 8 + 8).reduce((sum, bit, place) => sum | (bit << place), 0);
    return {
      anchor: Buffer.from(Array.from({ length: filled }, (_, at) => byteAt(at))),
      before: bits.slice(0, skipped),
      after: bits.slice(skipped + filled * 8),
    };
  });
}

/** True if the bits around an anchor that was found are the pattern's too. */
export function packedAt(bytes: Buffer, at: number, { anchor, before, after }: PackedPattern): boolean {
  const end = at + anchor.length;
  const bitOf = (index: number, bit: number) => ((bytes[index] ?? 0) >> bit) & 1;
  return (
    before.every((bit, index) => bitOf(at - 1, 8 - before.length + index) === bit) &&
    after.every((bit, index) => bitOf(end, index) === bit)
  );
}
