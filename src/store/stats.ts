// SPDX-License-Identifier: MIT OR Apache-2.0
import { UNIT_KINDS, type UnitKind } from "../unit/record.ts";
import type { Selection } from "./selection.ts";
import type { StoreCatalog, StoreTotals, UnitStore } from "./store.ts";

/** What a store holds, summed up. */
export interface StoreStats {
  readonly directory: string;
  readonly total: StoreTotals;
  /** Only kinds that are there. */
  readonly kinds: readonly { readonly kind: UnitKind; readonly totals: StoreTotals }[];
  readonly public: StoreTotals;
  readonly private: StoreTotals;
  readonly pinned: StoreTotals;
}

/** Asks the index for sums; opens no record. */
export function gatherStats(store: StoreCatalog & Pick<UnitStore, "directory">): StoreStats {
  const sums = (selection: Omit<Selection, "selectors">) =>
    store.list({ selectors: [], limit: 1, ...selection }).matched;
  return {
    directory: store.directory,
    total: store.totals(),
    kinds: UNIT_KINDS.map((kind) => ({ kind, totals: sums({ kind }) })).filter(
      ({ totals }) => totals.records > 0,
    ),
    public: sums({ privacy: "public" }),
    private: sums({ privacy: "private" }),
    pinned: sums({ pinned: true }),
  };
}
