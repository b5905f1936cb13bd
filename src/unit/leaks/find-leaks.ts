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
    const texts = [...oddStringsIn(content), JSON.stringify(content) ?? ""];
    search.plain(Buffer.from(texts.join("\0\0"), "utf8"), found);
    return [...found].map((what): Leak => ({ what, where: name }));
  });
}

/** What JSON writes in another way than it is, or what other bytes may be meant by: all but printable ASCII. */
const ODD = /[^ !#-[\]-~]/;

/**
 * Every string and key, wherever it lies, that does not stand in the content's JSON as it is. Records keep bytes as
 * latin1: each is given as those bytes too.
 */
function oddStringsIn(content: unknown): readonly string[] {
  const found: string[] = [];
  const add = (text: string) => {
    if (ODD.test(text)) found.push(text, Buffer.from(text, "latin1").toString("utf8"));
  };
  const pending: unknown[] = [content];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === "string") add(next);
    else if (Array.isArray(next)) for (const each of next) pending.push(each);
    else if (typeof next === "object" && next !== null) {
      for (const [key, value] of Object.entries(next)) {
        add(key);
        pending.push(value);
      }
    }
  }
  return found;
}
