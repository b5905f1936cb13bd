// SPDX-License-Identifier: MIT OR Apache-2.0
import { setImmediate as nextTurn } from "node:timers/promises";
import { Budget, DEFAULT_LIMITS, type Limits } from "./budget.ts";
import type { Bytes } from "./bytes.ts";
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
 * 400 MB/s), and lets others go on every few mebibytes: remember the answer by the digests of the file and of the words.
 */
export async function scanFile(
  where: string,
  bytes: Bytes,
  words: PrivateWords,
  limits: Limits = DEFAULT_LIMITS,
): Promise<readonly Leak[]> {
  const search = wordSearch(words);
  const found = new Set<string>();
  let isUnsearchable = false;
  try {
    for (const piece of piecesOf(bytes, new Budget(limits))) {
      for (const window of piece.bytes.windows(search.overlap)) {
        if (piece.isNew) search.plain(window.bytes, found, window);
        if (piece.isBitcode) search.packed(window.bytes, found, window);
        if (!window.isLast) await nextTurn();
      }
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
