// SPDX-License-Identifier: MIT OR Apache-2.0
import { rmSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { deleteRecords } from "./delete-records.ts";
import { toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { StoreLayout } from "./layout.ts";
import type { Removal } from "./store.ts";

/** Records per transaction: some 20 ms, so that builds get their turn. */
const CHUNK = 100;

interface FileColumns {
  readonly id: number;
  readonly digest: Uint8Array;
  readonly size: number;
  readonly refs: number;
}

const FILES_OF_RECORD = `SELECT id, digest, size, refs FROM files
  WHERE id IN (SELECT file FROM outputs WHERE record = ?1 UNION SELECT file FROM derived WHERE record = ?1)`;

/** Counts what the removal of records one after the other would free, without removing anything. */
export class RemovalPlan {
  readonly ids: number[] = [];
  #size = 0;
  #freed = 0;
  readonly #index: IndexDatabase;
  readonly #taken = new Set<number>();
  readonly #dropped = new Map<number, number>();

  constructor(index: IndexDatabase) {
    this.#index = index;
  }

  /** Adds a record to the plan; ids that are there already, or nowhere, are passed over. */
  take(id: number): void {
    const row = this.#index.sql<{ size: number }>("SELECT size FROM records WHERE id = ?").get(id);
    if (row === undefined || this.#taken.has(id)) return;
    this.#taken.add(id);
    this.ids.push(id);
    this.#size += row.size;
    for (const file of this.#index.sql<FileColumns>(FILES_OF_RECORD).all(id)) {
      const dropped = (this.#dropped.get(file.id) ?? 0) + 1;
      this.#dropped.set(file.id, dropped);
      if (dropped === file.refs) this.#freed += file.size;
    }
  }

  get removal(): Removal {
    return { records: this.ids.length, size: this.#size, freed: this.#freed };
  }
}

/** Removes files that no record names (any more) from the disk and the index; within a transaction. Returns bytes. */
export function removeUnneededFiles(
  index: IndexDatabase,
  layout: StoreLayout,
  files: Iterable<Pick<FileColumns, "id" | "digest" | "size">>,
): number {
  let freed = 0;
  for (const file of files) {
    if (index.sql("DELETE FROM files WHERE id = ? AND refs = 0").run(file.id) === 0) continue;
    rmSync(layout.filePath(toHex(file.digest)), { force: true });
    freed += file.size;
  }
  return freed;
}

/** Removes records and the files that only they named, a few per transaction. */
export async function removeRecords(
  index: IndexDatabase,
  layout: StoreLayout,
  ids: readonly number[],
): Promise<Removal> {
  let records = 0;
  let size = 0;
  let freed = 0;
  for (let start = 0; start < ids.length; start += CHUNK) {
    index.transaction(() => {
      const files = new Map<number, FileColumns>();
      for (const id of ids.slice(start, start + CHUNK)) {
        const row = index.sql<{ size: number }>("SELECT size FROM records WHERE id = ?").get(id);
        if (row === undefined) continue;
        for (const file of index.sql<FileColumns>(FILES_OF_RECORD).all(id)) files.set(file.id, file);
        deleteRecords(index, layout, [id]);
        records += 1;
        size += row.size;
      }
      freed += removeUnneededFiles(index, layout, files.values());
    });
    await setImmediate();
  }
  return { records, size, freed };
}
