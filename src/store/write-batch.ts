// SPDX-License-Identifier: MIT OR Apache-2.0
import type { IndexDatabase } from "./index-database.ts";

/** So many writes go into one transaction: more than most builds have before Cargo starts, so that it need not wait. */
const BATCH = 4000;
/** If the index cannot be written for so long, the batch is dropped: it only holds what can be found again. */
const MAX_PENDING = 4 * BATCH;

/** Writes that may wait, and may get lost with the process: caches and times of use. */
export interface WriteBatch {
  add(write: () => void): void;
  /** Calls back after the batch was written or dropped: what was kept in memory for readers can go. */
  onEmptied(callback: () => void): void;
  /** Writes everything in one transaction. Throws GreenError; the writes are kept then. */
  flush(): void;
}

/** A batch over `index`; only an explicit `flush` throws. */
export function createWriteBatch(index: IndexDatabase): WriteBatch {
  let pending: (() => void)[] = [];
  const callbacks: (() => void)[] = [];
  const empty = () => {
    pending = [];
    for (const callback of callbacks) callback();
  };
  const flush = () => {
    if (pending.length === 0) return;
    index.transaction(() => {
      for (const write of pending) write();
    });
    empty();
  };
  return {
    flush,
    onEmptied: (callback) => callbacks.push(callback),
    add(write) {
      pending.push(write);
      if (pending.length % BATCH !== 0) return;
      try {
        flush();
      } catch {
        if (pending.length >= MAX_PENDING) empty();
      }
    },
  };
}
