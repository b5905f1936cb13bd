// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import {
  type CacheEntry,
  type CacheTarget,
  formatCacheEntry,
  formatCacheTarget,
  parseCacheFrom,
  parseCacheTo,
} from "../runner/buildkit/cache-entry.ts";
import { type Kind, listKind, type Place } from "./kinds.ts";

/** Attributes that are directories of this machine. */
const DIRECTORIES = ["src", "dest"] as const;

/** Caches that builders read. */
export const cacheFromKind: Kind<readonly CacheEntry[]> = cachesKind(parseCacheFrom, formatCacheEntry);

/** Caches that builders write. */
export const cacheToKind: Kind<readonly CacheTarget[]> = cachesKind(parseCacheTo, formatCacheTarget);

/** Several caches; as text separated by spaces. What is wrong with one is thrown as GreenError "usage". */
function cachesKind<T extends CacheEntry>(
  parse: (text: string) => T,
  format: (entry: T) => string,
): Kind<readonly T[]> {
  const placed = (text: string, place: Place): T => {
    const entry = parse(text);
    const attrs = Object.entries(entry.attrs).map(([key, value]) => {
      const isDirectory = entry.type === "local" && DIRECTORIES.some((name) => name === key);
      return [key, isDirectory ? directoryOf(value, place) : value] as const;
    });
    return { ...entry, attrs: Object.fromEntries(attrs) };
  };
  return {
    wanted: "a list of caches like type=registry,ref=host/name:cache",
    fromText: (text, place) =>
      text
        .split(/\s+/)
        .filter((each) => each !== "")
        .map((each) => placed(each, place)),
    fromToml: (value, place) => listKind.fromToml(value, place)?.map((each) => placed(each, place)),
    toText: (value) => value.map(format).join(" "),
  };
}

function directoryOf(path: string, { directory, home }: Place): string {
  return path.startsWith("~/") && home !== undefined
    ? resolve(home, path.slice(2))
    : resolve(directory, path);
}
