// SPDX-License-Identifier: MIT OR Apache-2.0
import { type CacheEntry, cacheEntryName } from "../../runner/buildkit/cache-entry.ts";
import type { Notice } from "../notices.ts";
import type { WritableCaches } from "./export-caches.ts";

/** The caches of a builder's, as a build needs them. */
export interface UsedCaches extends WritableCaches {
  /** What is to be told of those that the builder could not read so far. */
  unread(): readonly Notice[];
}

/** What a builder said of caches that it could not read. */
export interface UnreadCaches {
  /** @param cache as BuildKit calls it: a reference, or its type and a number */
  note(cache: string, problem: string): void;
  notices(): readonly Notice[];
}

/** Builders repeat themselves: so much of that is told. */
const MAX_WORDS = 300;
const NUMBERED = /^(s3|local):\d+$/;

/** Each is told of once. */
export function unreadCaches(from: readonly CacheEntry[]): UnreadCaches {
  const problems = new Map<string, string>();
  return {
    note(cache, problem) {
      const [, type] = NUMBERED.exec(cache) ?? [];
      const those = from.filter((entry) => entry.type === type).map(cacheEntryName);
      problems.set(those.join('" or "') || cache, problem.slice(0, MAX_WORDS));
    },
    notices: () =>
      [...problems].map(([name, problem]) => ({
        line: `the builder could not read the cache "${name}": ${problem}`,
        topic: `cache ${name}`,
      })),
  };
}
