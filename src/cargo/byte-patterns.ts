// SPDX-License-Identifier: MIT OR Apache-2.0

/** Told of each occurrence: the number of the pattern, and where it begins. Answers true to stop the search. */
export type OnOccurrence = (pattern: number, at: number) => boolean;
/** Looks through some bytes, from the front to the end. It does not yield. */
export type FindPatterns = (bytes: Buffer, onOccurrence: OnOccurrence) => void;

/** A window longer than this gains nothing: the table holds bytes. */
const LONGEST_WINDOW = 32;
/** Of patterns up to this number, which are shorter than others, each is looked for by itself. */
const FEW = 2;
/** Patterns at least this long are not held up by those that are shorter. */
const LONG = 10;
/** What the table can hold. */
const SHORTEST_FOR_TABLE = 3;

/**
 * Prepares to find many patterns in one pass (Wu and Manber's shift table over pairs of bytes): about 450 MB/s for 85
 * patterns of 10 bytes and more. Patterns must not be empty.
 */
export function compilePatterns(patterns: readonly Buffer[]): FindPatterns {
  const numbered = patterns.map((bytes, number): Numbered => ({ bytes, number }));
  const long = numbered.filter(({ bytes }) => bytes.length >= LONG);
  const short = numbered.filter(({ bytes }) => bytes.length < LONG);
  const inTable = short.length > FEW ? short.filter(({ bytes }) => bytes.length >= SHORTEST_FOR_TABLE) : [];
  const alone = short.filter((pattern) => !inTable.includes(pattern));
  const searches = [long, inTable].filter((group) => group.length > 0).map(tableSearch);
  return (bytes, onOccurrence) => {
    for (const search of searches) if (search(bytes, onOccurrence)) return;
    for (const pattern of alone) if (searchAlone(pattern, bytes, onOccurrence)) return;
  };
}

interface Numbered {
  readonly bytes: Buffer;
  readonly number: number;
}

type Search = (bytes: Buffer, onOccurrence: OnOccurrence) => boolean;

function searchAlone(
  { bytes: pattern, number }: Numbered,
  bytes: Buffer,
  onOccurrence: OnOccurrence,
): boolean {
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) {
    if (onOccurrence(number, at)) return true;
  }
  return false;
}

function tableSearch(patterns: readonly Numbered[]): Search {
  const window = Math.min(LONGEST_WINDOW, ...patterns.map(({ bytes }) => bytes.length));
  const shift = new Uint8Array(65536).fill(window - 1);
  const endingIn = new Map<number, Numbered[]>();
  for (const pattern of patterns) {
    for (let at = 1; at < window; at++) {
      const pair = ((pattern.bytes[at - 1] ?? 0) << 8) | (pattern.bytes[at] ?? 0);
      shift[pair] = Math.min(shift[pair] ?? 0, window - 1 - at);
      if (at === window - 1) endingIn.set(pair, [...(endingIn.get(pair) ?? []), pattern]);
    }
  }
  return (bytes, onOccurrence) => {
    for (let at = window - 1; at < bytes.length; ) {
      const pair = ((bytes[at - 1] ?? 0) << 8) | (bytes[at] ?? 0);
      const by = shift[pair] ?? 1;
      if (by > 0) {
        at += by;
        continue;
      }
      const start = at - window + 1;
      for (const { bytes: pattern, number } of endingIn.get(pair) ?? []) {
        const end = Math.min(start + pattern.length, bytes.length);
        if (bytes.compare(pattern, 0, pattern.length, start, end) === 0 && onOccurrence(number, start))
          return true;
      }
      at++;
    }
    return false;
  };
}
