// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { GreenError } from "../error.ts";
import { statFile } from "./file-stat.ts";
import { type IndexDatabase, openIndexDatabase } from "./index-database.ts";
import { INDEX_SCHEMA, INDEX_SQL } from "./index-schema.ts";
import type { StoreLayout } from "./layout.ts";
import { rebuildIndex } from "./rebuild-index.ts";
import { isBusy, isDamage } from "./sqlite-error.ts";

/** How long to wait for others who open, set aside or rebuild the same index. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 20;
const PAGE_CACHE_KIB = 16_384; // 16 MiB

/** The error or a cause of it is SQLite's own. */
function sqliteCause(thrown: unknown): unknown {
  return thrown instanceof GreenError && thrown.cause !== undefined ? thrown.cause : thrown;
}

/**
 * Opens the index, makes it where there is none, and rebuilds it from the records where it is damaged or older.
 * Throws GreenError "environment" if a newer cargo-green made it.
 */
export function openIndex(layout: StoreLayout, now: () => number): IndexDatabase {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const before = statFile(layout.index)?.ino;
    try {
      if (existsSync(layout.damagedMarker)) setAside(layout, before);
      return connect(layout, now);
    } catch (thrown) {
      const cause = sqliteCause(thrown);
      if (isDamage(cause) || thrown instanceof OldIndex) setAside(layout, before);
      else if (!isBusy(cause)) throw thrown;
      if (Date.now() > deadline) throw thrown;
      // `journal_mode=WAL` does not wait for locks; nothing else of this process can go on without an index.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

/** The index has tables of an older version; they are not migrated but rebuilt. */
class OldIndex extends Error {}

function connect(layout: StoreLayout, now: () => number): IndexDatabase {
  const index = openIndexDatabase(layout.index, layout.damagedMarker);
  try {
    index.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${PAGE_CACHE_KIB};`);
    let version = schemaVersion(index);
    if (version === 0) {
      // What a power cut leaves of a new index is none, or a damaged one: no need to wait for the disk.
      index.exec("PRAGMA synchronous = OFF");
      index.exec("PRAGMA journal_mode = WAL"); // lasts
      index.transaction(() => {
        version = schemaVersion(index); // another process may have been faster
        if (version !== 0) return;
        index.exec(INDEX_SQL);
        rebuildIndex(index, layout, now());
        index.exec(`PRAGMA user_version = ${INDEX_SCHEMA}`);
        version = INDEX_SCHEMA;
      });
    }
    index.exec("PRAGMA synchronous = NORMAL");
    if (version > INDEX_SCHEMA) {
      throw new GreenError("environment", `The store "${layout.directory}" was made by a newer cargo-green`, {
        hint: "Install that version here too, or use another cache directory",
      });
    }
    if (version < INDEX_SCHEMA) throw new OldIndex();
    index.sql("SELECT records FROM totals").get();
    return index;
  } catch (thrown) {
    index.close();
    throw thrown;
  }
}

function schemaVersion(index: IndexDatabase): number {
  return index.once<{ user_version: number }>("PRAGMA user_version").get()?.user_version ?? 0;
}

/**
 * Moves the index out of the way, for inspection, unless another process did so since its inode was `seen`.
 * SQLite's own lock, which the kernel frees with its process, keeps two from doing it at once.
 */
function setAside(layout: StoreLayout, seen: bigint | undefined): void {
  const lock = new DatabaseSync(layout.lock, { timeout: PATIENCE_MS });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    if (statFile(layout.index)?.ino === seen && seen !== undefined) {
      rmSync(layout.damagedMarker, { force: true });
      for (const suffix of ["-wal", "-shm", ""]) {
        if (existsSync(layout.index + suffix))
          renameSync(layout.index + suffix, `${layout.index}.damaged${suffix}`);
      }
    }
    lock.exec("COMMIT");
  } finally {
    lock.close();
  }
}
