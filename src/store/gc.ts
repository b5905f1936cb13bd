// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, rmSync, statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type Digest, type InstanceId, isSha256 } from "../unit/digest.ts";
import { toBlob } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import { type StoreLayout, sweepTemp } from "./layout.ts";
import { removeUnneededFiles } from "./removal.ts";
import type { GcOptions, Swept } from "./store.ts";

/** A record follows its files within this time, or never: an hour, for a very long link on a very slow disk. */
export const DEFAULT_GRACE_MS = 3_600_000;
/** Entries of caches (stats, memo, logs) that nobody asked for in so long are forgotten. */
const FORGET_MS = 90 * 24 * 3_600_000; // 90 days
/** Files per transaction. */
const CHUNK = 200;

/** Marks and sweeps: removes what no record refers to. Safe while builds run (see README.md). */
export async function collectGarbage(
  index: IndexDatabase,
  layout: StoreLayout,
  now: () => number,
  options: GcOptions,
): Promise<Swept> {
  const cutoff = now() - (options.graceMs ?? DEFAULT_GRACE_MS);
  const unneeded = await sweepUnneeded(index, layout, cutoff);
  const strays = await sweepStrayFiles(index, layout, cutoff);
  const records = await sweepStrayRecords(index, layout, cutoff);
  const leftovers = records + sweepTemp(layout, now()) + sweepSetAside(layout, now() - FORGET_MS);
  forget(index, now() - FORGET_MS);
  return { files: unneeded.files + strays.files, leftovers, freed: unneeded.freed + strays.freed };
}

async function sweepUnneeded(index: IndexDatabase, layout: StoreLayout, cutoff: number) {
  const select = index.sql<{ id: number; digest: Uint8Array; size: number }>(
    "SELECT id, digest, size FROM files WHERE refs = 0 AND seen <= ? LIMIT ?",
  );
  let files = 0;
  let freed = 0;
  for (;;) {
    const count = index.transaction(() => {
      const rows = select.all(cutoff, CHUNK);
      freed += removeUnneededFiles(index, layout, rows);
      return rows.length;
    });
    files += count;
    if (count < CHUNK) return { files, freed };
    await setImmediate();
  }
}

/** The bytes of a file that is there since before `cutoff`, or undefined. */
function sizeIfOld(path: string, cutoff: number): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.ctimeMs <= cutoff ? stat.size : undefined;
}

/** Files of processes that died between the rename and the commit. */
async function sweepStrayFiles(index: IndexDatabase, layout: StoreLayout, cutoff: number) {
  const select = index.sql("SELECT 1 FROM files WHERE digest = ?");
  let files = 0;
  let freed = 0;
  for (const shard of readdirSync(layout.files)) {
    for (const name of readdirSync(`${layout.files}/${shard}`)) {
      const digest = (shard + name) as Digest;
      const path = `${layout.files}/${shard}/${name}`;
      if (isSha256(digest) && select.get(toBlob(digest)) !== undefined) continue;
      index.transaction(() => {
        const size = sizeIfOld(path, cutoff);
        if (size === undefined || (isSha256(digest) && select.get(toBlob(digest)) !== undefined)) return;
        rmSync(path, { force: true, recursive: true });
        files += 1;
        freed += size;
      });
    }
    await setImmediate();
  }
  return { files, freed };
}

/** Records and pins that the index does not have: of processes that died, or left out when it was rebuilt. */
async function sweepStrayRecords(index: IndexDatabase, layout: StoreLayout, cutoff: number) {
  const select = index.sql("SELECT 1 FROM records WHERE instance = ?");
  let removed = 0;
  for (const shard of readdirSync(layout.records)) {
    for (const name of readdirSync(`${layout.records}/${shard}`)) {
      const instance = name.slice(0, 64) as InstanceId;
      const path = `${layout.records}/${shard}/${name}`;
      if (isSha256(instance) && select.get(toBlob(instance)) !== undefined) continue;
      index.transaction(() => {
        if (sizeIfOld(path, cutoff) === undefined) return;
        if (isSha256(instance) && select.get(toBlob(instance)) !== undefined) return;
        rmSync(path, { force: true, recursive: true });
        removed += 1;
      });
    }
    await setImmediate();
  }
  return removed;
}

/** Damaged indexes that were kept for inspection. */
function sweepSetAside(layout: StoreLayout, cutoff: number): number {
  let removed = 0;
  for (const suffix of ["", "-wal", "-shm"]) {
    const path = `${layout.index}.damaged${suffix}`;
    if (sizeIfOld(path, cutoff) === undefined) continue;
    rmSync(path, { force: true });
    removed += 1;
  }
  return removed;
}

function forget(index: IndexDatabase, cutoff: number): void {
  index.transaction(() => {
    for (const table of ["stats", "memo"]) index.sql(`DELETE FROM ${table} WHERE seen < ?`).run(cutoff);
    index.sql("DELETE FROM builds WHERE finished < ?").run(cutoff);
    index.sql("DELETE FROM replays WHERE used < ?").run(cutoff);
  });
}
