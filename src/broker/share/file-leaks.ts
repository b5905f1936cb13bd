// SPDX-License-Identifier: MIT OR Apache-2.0
import { freeMemory } from "../../free-memory.ts";
import { createLimiter } from "../../limiter.ts";
import type { UnitStore } from "../../store/store.ts";
import type { Digest } from "../../unit/digest.ts";
import { bytesOf, rangedBytes } from "../../unit/leaks/bytes.ts";
import type { PrivateWords } from "../../unit/leaks/private-words.ts";
import { type Leak, scanFile } from "../../unit/leaks/scan.ts";
import type { OutputFile } from "../../unit/record.ts";

export type SearchedStore = Pick<UnitStore, "read" | "open" | "memo" | "remember">;

/** Finds the first leak in a unit's files; undefined if there is none. */
export type FindLeak = (outputs: readonly OutputFile[]) => Promise<Leak | undefined>;

/** Where the answers of earlier searches are: by the digests of the file and of what is looked for. */
const NAMESPACE = "leaks";

/** A file above this is searched by itself, and through a window. */
const LARGE = 4 * 1024 * 1024; // 4 MiB

/** Searches stored files for private words, each file once for the same words. */
export function fileLeaks(store: SearchedStore, words: PrivateWords): FindLeak {
  const oneByOne = createLimiter(1);
  const scan = async (path: string, digest: Digest) => {
    const bytes = await store.read(digest);
    const leaks = await scanFile(path, bytesOf(bytes), words);
    freeMemory(bytes);
    return leaks;
  };
  const scanLarge = async (path: string, digest: Digest) => {
    const file = await store.open(digest);
    try {
      return await scanFile(path, rangedBytes(file.size, file.read), words);
    } finally {
      file.close();
    }
  };
  const search = async ({ path, digest, size }: OutputFile): Promise<readonly Leak[]> => {
    const key = `${digest} ${words.digest}`;
    const known = store.memo(NAMESPACE, key);
    if (known !== undefined)
      return known === "" ? [] : known.split("\n").map((what) => ({ what, where: path }));
    const leaks = await (size > LARGE ? oneByOne(() => scanLarge(path, digest)) : scan(path, digest));
    store.remember(NAMESPACE, key, leaks.map(({ what }) => what).join("\n"));
    return leaks;
  };
  return async (outputs) => {
    for (const output of outputs) {
      const [leak] = await search(output);
      if (leak !== undefined) return leak;
    }
    return undefined;
  };
}
