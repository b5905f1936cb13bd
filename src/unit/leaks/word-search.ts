// SPDX-License-Identifier: MIT OR Apache-2.0
import { compilePatterns } from "../../cargo/byte-patterns.ts";
import { base64Of, encodingsOf } from "./encodings.ts";
import { type PackedPattern, packedAt, packedPatterns } from "./packed-patterns.ts";
import type { PrivateWord, PrivateWords } from "./private-words.ts";

/** Finds words in bytes as they are; what is found is added to `found`, by what it is. */
export interface WordSearch {
  plain(bytes: Buffer, found: Set<string>): void;
  /** The same as LLVM's bitcode has texts, at any bit, but for those that `plain` finds. */
  packed(bytes: Buffer, found: Set<string>): void;
}

interface Pattern {
  readonly what: string;
  readonly bytes: Buffer;
  readonly width: 1 | 2;
  /** A byte of a name before it, or after it, makes it part of something else. */
  readonly bounded: { readonly before: boolean; readonly after: boolean };
}

const searches = new WeakMap<PrivateWords, WordSearch>();

/** The search for these words; made once. */
export function wordSearch(words: PrivateWords): WordSearch {
  const known = searches.get(words);
  if (known !== undefined) return known;
  const made = compile(words.words);
  searches.set(words, made);
  return made;
}

function compile(words: readonly PrivateWord[]): WordSearch {
  const patterns = words.flatMap((word) => withoutCovered(patternsOf(word)));
  const find = compilePatterns(patterns.map(({ bytes }) => bytes));
  const kinds = new Set(words.map(({ what }) => what)).size;
  const plain = (bytes: Buffer, found: Set<string>): void => {
    find(bytes, (number, at) => {
      const pattern = patterns[number];
      if (pattern !== undefined && stands(bytes, pattern, at)) found.add(pattern.what);
      return found.size === kinds;
    });
  };
  let packed: ((bytes: Buffer, found: Set<string>) => void) | undefined;
  return {
    plain,
    packed: (bytes, found) => {
      packed ??= compilePacked(words);
      packed(bytes, found);
    },
  };
}

/** Not prepared before there is any bitcode: seldom. */
function compilePacked(words: readonly PrivateWord[]): (bytes: Buffer, found: Set<string>) => void {
  const patterns = words.flatMap((word): readonly (PackedPattern & Pick<PrivateWord, "what">)[] =>
    word.form === "short-name" ? [] : packedPatterns(word.text).map((each) => ({ ...each, what: word.what })),
  );
  const find = compilePatterns(patterns.map(({ anchor }) => anchor));
  return (bytes, found) => {
    find(bytes, (number, at) => {
      const pattern = patterns[number];
      if (pattern !== undefined && !found.has(pattern.what) && packedAt(bytes, at, pattern))
        found.add(pattern.what);
      return false;
    });
  };
}

function patternsOf({ what, text, form }: PrivateWord): readonly Pattern[] {
  const bounded = {
    before: form === "top" || form === "short-name",
    after: form === "top" || form === "short-name",
  };
  const plain = encodingsOf(text).map(({ bytes, width }): Pattern => ({ what, bytes, width, bounded }));
  const base64 = form === "secret" ? base64Of(text) : [];
  return [...plain, ...base64.map((bytes): Pattern => ({ what, bytes, width: 1, bounded }))];
}

/** Where a shorter pattern of the same word is found anyway, the longer one adds nothing. */
function withoutCovered(patterns: readonly Pattern[]): readonly Pattern[] {
  return patterns.filter(
    (pattern, at) =>
      !patterns.some(
        (other, otherAt) =>
          !other.bounded.before &&
          (other.bytes.length < pattern.bytes.length ||
            (other.bytes.length === pattern.bytes.length && otherAt < at)) &&
          pattern.bytes.includes(other.bytes),
      ),
  );
}

function stands(bytes: Buffer, { bytes: pattern, width, bounded }: Pattern, at: number): boolean {
  if (bounded.before && isNameAt(bytes, at - width, width)) return false;
  return !(bounded.after && isNameAt(bytes, at + pattern.length, width));
}

/** True if a letter, digit or the like stands there: then a name goes on. */
function isNameAt(bytes: Buffer, at: number, width: 1 | 2): boolean {
  const low = bytes[at];
  if (low === undefined) return false;
  const high = width === 1 ? 0 : (bytes[at + 1] ?? 0);
  if (high !== 0) return false; // beyond Latin: in doubt it ends here
  return (
    (low >= 0x30 && low <= 0x39) ||
    (low >= 0x41 && low <= 0x5a) ||
    (low >= 0x61 && low <= 0x7a) ||
    low === 0x5f
  );
}
