// SPDX-License-Identifier: MIT OR Apache-2.0
import { Budget, DEFAULT_LIMITS, type Limits } from "./budget.ts";
import { piecesOf } from "./inside.ts";
import type { PrivateWords } from "./private-words.ts";
import { Unsearchable } from "./unsearchable.ts";
import { wordSearch } from "./word-search.ts";

/** Something private in what would leave. */
export interface Leak {
  /** `home directory`, `user name`, `host name`, `value of API_TOKEN`, `path of the workspace`; never the word itself. */
  readonly what: string;
  /** Path of the output, or name of the document. */
  readonly where: string;
}

/** What is said of bytes that could not be looked into, in place of what was found. */
export const CANNOT_BE_SEARCHED = "cannot be searched";

/**
 * Searches one file, and all that is compressed in it, for private words. Takes as long as the file is large (about
 * 400 MB/s) and does not yield: remember the answer by the digests of the file and of the words.
 */
export function scanFile(
  where: string,
  bytes: Buffer,
  words: PrivateWords,
  limits: Limits = DEFAULT_LIMITS,
): readonly Leak[] {
  const search = wordSearch(words);
  const found = new Set<string>();
  let isUnsearchable = false;
  try {
    for (const piece of piecesOf(bytes, new Budget(limits))) {
      if (piece.isNew) search.plain(piece.bytes, found);
      if (piece.isBitcode) search.packed(piece.bytes, found);
    }
  } catch (thrown) {
    if (!(thrown instanceof Unsearchable)) throw thrown;
    isUnsearchable = true;
  }
  const order = words.words.map(({ what }) => what);
  const leaks = [...found].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return [...leaks, ...(isUnsearchable ? [CANNOT_BE_SEARCHED] : [])].map((what) => ({ what, where }));
}

/** Why a unit with such a leak in an output stays here: `its output contains the home directory`. */
export function leakReason({ what }: Pick<Leak, "what">): string {
  return what === CANNOT_BE_SEARCHED ? "its output cannot be searched" : `its output contains the ${what}`;
}
