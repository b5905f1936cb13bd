// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { createLimiter } from "../limiter.ts";
import type { Digest } from "../unit/digest.ts";
import { decodeStat, encodeStat, isRacy, sameStat, statFile } from "./file-stat.ts";
import { fromFileSystem } from "./fs-error.ts";
import { type HashedFile, hashFile } from "./hash-file.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { FileStat } from "./store.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Reads at once; one less than libuv's threads, so that others get on. */
const CONCURRENCY = 3;
/** How often a file that is being written is read again before its last digest is answered, unremembered. */
const ATTEMPTS = 3;

interface Known {
  readonly stat: FileStat;
  readonly digest: Digest;
}

export interface DigestCache {
  digestFile(path: string): Promise<Digest>;
  /** Says what a file holds that was just written by ourselves. Known to this process alone: the file is too young. */
  note(path: string, digest: Digest, stat?: FileStat): void;
}

/**
 * Digests of files anywhere, remembered by stat. An entry is kept only if the file's mtime and ctime were older than
 * RACY_MARGIN_MS when hashing began. (The clock of a network file system that runs behind ours by more defeats that.)
 * `now` is for the age of entries; raciness is judged by the real clock, as the kernel's timestamps are.
 */
export function createDigestCache(index: IndexDatabase, batch: WriteBatch, now: () => number): DigestCache {
  const limit = createLimiter(CONCURRENCY);
  const unwritten = new Map<string, Known>();
  const noted = new Map<string, Known>();
  const underway = new Map<string, { readonly stat: FileStat; readonly digest: Promise<Digest> }>();
  const select = index.sql<{ stat: Uint8Array; digest: Uint8Array }>(
    "SELECT stat, digest FROM stats WHERE path = ?",
  );
  const upsert = index.sql("INSERT OR REPLACE INTO stats (path, stat, digest, seen) VALUES (?, ?, ?, ?)");
  batch.onEmptied(() => unwritten.clear());

  const recall = (path: string): Known | undefined => {
    const recent = noted.get(path) ?? unwritten.get(path);
    if (recent !== undefined) return recent;
    const row = select.get(path);
    const stat = row && decodeStat(row.stat);
    return row && stat && { stat, digest: toHex(row.digest) };
  };

  const remember = (path: string, hashed: HashedFile) => {
    unwritten.set(path, hashed);
    batch.add(() => upsert.run(path, encodeStat(hashed.stat), toBlob(hashed.digest), now()));
  };

  const hash = async (path: string): Promise<Digest> => {
    for (let attempt = 1; ; attempt++) {
      const began = Date.now();
      const hashed = await hashFile(path);
      if (hashed.stable && !isRacy(hashed.stat, began)) remember(path, hashed);
      if (hashed.stable || attempt === ATTEMPTS) return hashed.digest;
    }
  };

  const digestFile = async (path: string) => {
    const stat = statFile(path);
    if (stat === undefined) throw new GreenError("not-found", `There is no file "${path}" to hash`);
    const known = recall(path);
    if (known !== undefined && sameStat(known.stat, stat)) return known.digest;
    const other = underway.get(path);
    if (other !== undefined && sameStat(other.stat, stat) && !isRacy(stat, Date.now())) return other.digest;
    const digest = limit(() => hash(path)).catch((thrown: unknown) => {
      throw fromFileSystem(thrown, `Cannot hash "${path}"`);
    });
    const entry = { stat, digest };
    underway.set(path, entry);
    try {
      return await digest;
    } finally {
      if (underway.get(path) === entry) underway.delete(path);
    }
  };

  return {
    digestFile,
    note(path, digest, stat = statFile(path)) {
      if (stat !== undefined) noted.set(path, { stat, digest });
    },
  };
}
