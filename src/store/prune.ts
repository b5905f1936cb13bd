// SPDX-License-Identifier: MIT OR Apache-2.0
import { RECORD_SCHEMA } from "../unit/record.ts";
import type { IndexDatabase } from "./index-database.ts";
import { RemovalPlan } from "./removal.ts";
import type { PruneOptions } from "./store.ts";

/** Rows that are looked at per step of the least-recently-used walk. */
const STEP = 500;

/** Chooses what `prune` removes. Pinned records are never chosen, even if they alone exceed `keepSize`. */
export function planPrune(index: IndexDatabase, options: PruneOptions): RemovalPlan {
  const plan = new RemovalPlan(index);
  const { unusedSince, keepSize } = options;
  const takeAll = (rows: readonly { id: number }[]) => {
    for (const { id } of rows) plan.take(id);
  };
  if (options.staleSchema === true) {
    takeAll(
      index
        .sql<{ id: number }>("SELECT id FROM records WHERE pinned = 0 AND schema <> ? ORDER BY used, id")
        .all(RECORD_SCHEMA),
    );
  }
  if (unusedSince !== undefined) {
    takeAll(
      index
        .sql<{ id: number }>("SELECT id FROM records WHERE pinned = 0 AND used < ? ORDER BY used, id")
        .all(unusedSince),
    );
  }
  if (keepSize === undefined) return plan;
  const disk = index.sql<{ disk: number }>("SELECT disk FROM totals").get()?.disk ?? 0;
  const next = index.sql<{ id: number; used: number }>(
    "SELECT id, used FROM records WHERE pinned = 0 AND (used, id) > (?, ?) ORDER BY used, id LIMIT ?",
  );
  let last = { id: -1, used: Number.MIN_SAFE_INTEGER };
  while (disk - plan.removal.freed > keepSize) {
    const rows = next.all(last.used, last.id, STEP);
    if (rows.length === 0) break;
    for (const row of rows) {
      if (disk - plan.removal.freed <= keepSize) break;
      plan.take(row.id);
      last = row;
    }
  }
  return plan;
}
