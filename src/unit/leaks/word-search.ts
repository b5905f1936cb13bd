// SPDX-License-Identifier: MIT OR Apache-2.0
import { compilePatterns } from "../../cargo/byte-patterns.ts";
import type { Window } from "./bytes.ts";
import { base64Of, encodingsOf } from "./encodings.ts";
import { type PackedPattern, packedAt, packedPatterns } from "./packed-patterns.ts";
import type { PrivateWord, PrivateWords } from "./private-words.ts";

/** True where the bytes begin, or end; false where only a window on them does. */
type Edges = Pick<Window, "isFirst" | "isLast">;

/** Finds words in bytes as they are; what is found is added to `found`, by what it is. */
export interface WordSearch {
  /** By so many bytes windows must lap over, so that each occurrence is seen whole, with what is around it. */
  readonly overlap: number;
  plain(bytes: Buffer, found: Set<string>, edges?: Edges): void;
  /** The same as LLVM's bitcode has texts, at any bit, but for those that `plain` finds. */
  packed(bytes: Buffer, found: Set<string>, edges?: Edges): void;
}

/** Bytes before and behind an occurrence that decide about it. */
const AROUND = 2;
const WHOLE: Edges = { isFirst: true, isLast: true };

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
  let packed: WordSearch["packed"] | undefined;
  return {
    overlap: Math.max(0, ...patterns.map(({ bytes }) => bytes.length)) + 2 * AROUND,
    plain(bytes, found, edges = WHOLE) {
      find(bytes, (number, at) => {
        const pattern = patterns[number];
        if (pattern !== undefined && isWhole(bytes, pattern.bytes, at, edges) && stands(bytes, pattern, at))
          found.add(pattern.what);
        return found.size === kinds;
      });
    },
    packed(bytes, found, edges) {
      packed ??= compilePacked(words);
      packed(bytes, found, edges);
    },
  };
}

/** Not prepared before there is any bitcode: seldom. */
function compilePacked(words: readonly PrivateWord[]): WordSearch["packed"] {
  const patterns = words.flatMap((word): readonly (PackedPattern & Pick<PrivateWord, "what">)[] =>
    word.form === "short-name" ? [] : packedPatterns(word.text).map((each) => ({ ...each, what: word.what })),
  );
  const find = compilePatterns(patterns.map(({ anchor }) => anchor));
  return (bytes, found, edges = WHOLE) => {
    find(bytes, (number, at) => {
      const pattern = patterns[number];
      if (pattern === undefined || found.has(pattern.what)) return false;
      if (isWhole(bytes, pattern.anchor, at, edges) && packedAt(bytes, at, pattern)) found.add(pattern.what);
      return false;
    });
  };
}

/** True if all that decides about an occurrence is in the window; else it is in the one before or behind it. */
function isWhole(bytes: Buffer, { length }: Buffer, at: number, { isFirst, isLast }: Edges): boolean {
  return (isFirst || at >= AROUND) && (isLast || at + length + AROUND <= bytes.length);
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
