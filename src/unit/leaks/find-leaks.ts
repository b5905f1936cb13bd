// SPDX-License-Identifier: MIT OR Apache-2.0
import type { PrivateWords } from "./private-words.ts";
import type { Leak } from "./scan.ts";
import { wordSearch } from "./word-search.ts";

/** A text that would leave: a record, annotations, a tag. Anything that JSON can hold; its strings and keys are searched. */
export interface LeakDocument {
  /** What it is: `record`, `annotations`, `tag`. */
  readonly name: string;
  readonly content: unknown;
}

/** Searches documents, each string by itself and as JSON writes it, for private words. To be asked of all that is pushed, just before. */
export function findLeaks(documents: readonly LeakDocument[], words: PrivateWords): readonly Leak[] {
  const search = wordSearch(words);
  return documents.flatMap(({ name, content }) => {
    const found = new Set<string>();
    search.plain(
      Buffer.from([...stringsIn(content), JSON.stringify(content) ?? ""].join("\0\0"), "utf8"),
      found,
    );
    return [...found].map((what): Leak => ({ what, where: name }));
  });
}

/** Every string and key, wherever it lies. Records keep bytes as latin1: each is given as those bytes too. */
function stringsIn(content: unknown): readonly string[] {
  const found: string[] = [];
  const pending: unknown[] = [content];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === "string") found.push(next, Buffer.from(next, "latin1").toString("utf8"));
    else if (Array.isArray(next)) for (const each of next) pending.push(each);
    else if (typeof next === "object" && next !== null) {
      for (const [key, value] of Object.entries(next)) pending.push(key, value);
    }
  }
  return found;
}
