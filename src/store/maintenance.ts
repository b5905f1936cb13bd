// SPDX-License-Identifier: MIT OR Apache-2.0
import { rmSync, writeFileSync } from "node:fs";
import type { InstanceId } from "../unit/digest.ts";
import { fromFileSystem } from "./fs-error.ts";
import { collectGarbage } from "./gc.ts";
import { toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { StoreLayout } from "./layout.ts";
import { planPrune } from "./prune.ts";
import { RemovalPlan, removeRecords } from "./removal.ts";
import type { StoreMaintenance } from "./store.ts";
import { verifyStore } from "./verify.ts";

export interface MaintenanceParts {
  readonly index: IndexDatabase;
  readonly layout: StoreLayout;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Sets or clears pins, in the index and beside the record (where a rebuilt index finds them). */
function setPinned({ index, layout }: MaintenanceParts, ids: readonly number[], pinned: boolean): number {
  const update = index.sql<{ instance: Uint8Array }>(
    "UPDATE records SET pinned = ?1 WHERE id = ?2 AND pinned <> ?1 RETURNING instance",
  );
  return index.transaction(() => {
    let changed = 0;
    for (const id of ids) {
      const row = update.get(pinned ? 1 : 0, id);
      if (row === undefined) continue;
      const path = layout.pinPath(toHex<InstanceId>(row.instance));
      if (pinned) writeFileSync(path, "");
      else rmSync(path, { force: true });
      changed += 1;
    }
    return changed;
  });
}

async function named<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw fromFileSystem(thrown, what);
  }
}

/** What changes or checks the store as a whole. */
export function createMaintenance(parts: MaintenanceParts): StoreMaintenance {
  const { index, layout, now } = parts;
  return {
    pin: (ids) => setPinned(parts, ids, true),
    unpin: (ids) => setPinned(parts, ids, false),
    remove: (ids, options = {}) =>
      named("Cannot remove records", () => {
        if (options.dryRun !== true) return removeRecords(index, layout, ids);
        const plan = new RemovalPlan(index);
        for (const id of ids) plan.take(id);
        return plan.removal;
      }),
    prune: (options) =>
      named("Cannot prune the store", () => {
        const plan = planPrune(index, options);
        return options.dryRun === true ? plan.removal : removeRecords(index, layout, plan.ids);
      }),
    gc: (options = {}) => named("Cannot sweep the store", () => collectGarbage(index, layout, now, options)),
    verify: (options = {}) =>
      named("Cannot check the store", () =>
        verifyStore(index, layout, () => writeFileSync(layout.damagedMarker, ""), options),
      ),
  };
}
