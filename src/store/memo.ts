// SPDX-License-Identifier: MIT OR Apache-2.0
import type { IndexDatabase } from "./index-database.ts";
import type { UnitStore } from "./store.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Remembered answers. What is not asked for in a long time is forgotten by `gc`: `seen` is renewed now and then. */
const RENEW_MS = 7 * 24 * 3_600_000; // a week

/** Text by namespace and key. */
export function createMemo(
  index: IndexDatabase,
  batch: WriteBatch,
  now: () => number,
): Pick<UnitStore, "memo" | "remember"> {
  const unwritten = new Map<string, string>();
  const select = index.sql<{ value: string; seen: number }>(
    "SELECT value, seen FROM memo WHERE namespace = ? AND key = ?",
  );
  const renew = index.sql("UPDATE memo SET seen = ? WHERE namespace = ? AND key = ?");
  const upsert = index.sql("INSERT OR REPLACE INTO memo (namespace, key, value, seen) VALUES (?, ?, ?, ?)");
  batch.onEmptied(() => unwritten.clear());
  return {
    memo(namespace, key) {
      const recent = unwritten.get(`${namespace}\0${key}`);
      if (recent !== undefined) return recent;
      const row = select.get(namespace, key);
      if (row !== undefined && now() - row.seen > RENEW_MS) batch.add(() => renew.run(now(), namespace, key));
      return row?.value;
    },
    remember(namespace, key, value) {
      unwritten.set(`${namespace}\0${key}`, value);
      batch.add(() => upsert.run(namespace, key, value, now()));
    },
  };
}
