// SPDX-License-Identifier: MIT OR Apache-2.0
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Digest } from "../unit/digest.ts";
import { deleteRecords, dropFile } from "./delete-records.ts";
import { isMissing } from "./fs-error.ts";
import { type HashedFile, hashFile } from "./hash-file.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { StoreLayout } from "./layout.ts";
import { readRecordFile } from "./record-file.ts";
import { type RecordColumns, ROW_COLUMNS, toRecordRow } from "./record-rows.ts";
import type { BadFile, RecordRow, VerifyOptions, VerifyReport } from "./store.ts";

/** Files hashed at once: two keep a disk busy and leave the processors to others. */
const CONCURRENCY = 2;
/** Rows read from the index at a time. */
const PAGE = 500;
/** How often a file that is replaced meanwhile is looked at again. */
const ATTEMPTS = 4;

interface FileColumns {
  readonly id: number;
  readonly digest: Uint8Array;
}

/** Hashes all stored files and reads all records. What is wrong is removed with all that refers to it. */
export async function verifyStore(
  index: IndexDatabase,
  layout: StoreLayout,
  damaged: () => void,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const indexSound = isSound(index);
  if (!indexSound) damaged();
  const contents = await verifyFiles(index, layout, options);
  const records = await verifyRecords(index, layout);
  return { ...contents, ...records, indexSound };
}

function isSound(index: IndexDatabase): boolean {
  const rows = index.once<{ quick_check: string }>("PRAGMA quick_check(1)").all();
  return rows.length === 1 && rows[0]?.quick_check === "ok";
}

function* pages<Row extends { readonly id: number }>(query: (after: number) => Row[]): Generator<Row> {
  let after = -1;
  for (;;) {
    const rows = query(after);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

async function hashOrGone(path: string): Promise<HashedFile | undefined> {
  try {
    return await hashFile(path);
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

async function verifyFiles(index: IndexDatabase, layout: StoreLayout, options: VerifyOptions) {
  const total = index.sql<{ n: number }>("SELECT count(*) AS n FROM files").get()?.n ?? 0;
  const select = index.sql<FileColumns>("SELECT id, digest FROM files WHERE id > ? ORDER BY id LIMIT ?");
  const known = index.sql("SELECT 1 FROM files WHERE digest = ?");
  const queue = pages((after) => select.all(after, PAGE));
  const corrupt: BadFile[] = [];
  const missing: BadFile[] = [];
  let checked = 0;
  let bytes = 0;

  const check = async (digest: Digest) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const hashed = await hashOrGone(layout.filePath(digest));
      bytes += hashed?.size ?? 0;
      if (hashed?.digest === digest) return;
      if (known.get(toBlob(digest)) === undefined) return; // removed meanwhile, by whoever had the right to
      const records = dropFile(index, layout, digest, hashed?.stat);
      if (records === undefined) continue; // replaced meanwhile
      (hashed === undefined ? missing : corrupt).push({ digest, records });
      return;
    }
  };

  const worker = async () => {
    for (const row of queue) {
      await check(toHex(row.digest));
      checked += 1;
      options.onProgress?.({ checked, total, bytes });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return { checked, bytes, corrupt, missing };
}

async function verifyRecords(index: IndexDatabase, layout: StoreLayout) {
  const select = index.sql<RecordColumns>(
    `SELECT ${ROW_COLUMNS} FROM records WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const unreadable: RecordRow[] = [];
  let records = 0;
  for (const columns of pages((after) => select.all(after, PAGE))) {
    const row = toRecordRow(columns);
    if (!isTrue(index, layout, row)) {
      index.transaction(() => {
        const stillThere = index.sql("SELECT 1 FROM records WHERE id = ?").get(row.id) !== undefined;
        if (!stillThere || isTrue(index, layout, row)) return;
        deleteRecords(index, layout, [row.id]);
        unreadable.push(row);
      });
    }
    records += 1;
    if (records % PAGE === 0) await setImmediate();
  }
  return { records, unreadable };
}

/** The record's file says what its row says, and the index has all of its outputs. */
function isTrue(index: IndexDatabase, layout: StoreLayout, row: RecordRow): boolean {
  const record = readRecordFile(layout, row.instance);
  if (typeof record === "string" || record.key !== row.key || record.schema !== row.schema) return false;
  if (!isDeepStrictEqual({ ...record.identity }, { ...row.identity })) return false;
  const named = index
    .sql<{ digest: Uint8Array }>(
      "SELECT digest FROM files WHERE id IN (SELECT file FROM outputs WHERE record = ?) ORDER BY digest",
    )
    .all(row.id)
    .map((file) => toHex(file.digest));
  return isDeepStrictEqual(named, [...new Set(record.outputs.map((output) => output.digest))].sort());
}
