// SPDX-License-Identifier: MIT OR Apache-2.0
import { UNIT_KINDS, type UnitKind } from "../unit/record.ts";
import type { Share, StoreCatalog, StoreTotals, UnitStore } from "./store.ts";

/** Number and size of some records; files that several share count for each. */
export interface Sum {
  readonly records: number;
  /** Bytes. */
  readonly size: number;
}

/** What a store holds, summed up. */
export interface StoreStats {
  readonly directory: string;
  readonly total: StoreTotals;
  /** Only kinds that are there. */
  readonly kinds: readonly (Sum & { readonly kind: UnitKind })[];
  readonly public: Sum;
  readonly private: Sum;
  readonly pinned: Sum;
}

/** Asks the index for sums; opens no record. */
export function gatherStats(store: StoreCatalog & Pick<UnitStore, "directory">): StoreStats {
  const shares = store.breakdown();
  const sumOf = (wanted: (share: Share) => boolean): Sum => {
    const some = shares.filter(wanted);
    return {
      records: some.reduce((sum, share) => sum + share.records, 0),
      size: some.reduce((sum, share) => sum + share.size, 0),
    };
  };
  return {
    directory: store.directory,
    total: store.totals(),
    kinds: UNIT_KINDS.map((kind) => ({ kind, ...sumOf((share) => share.kind === kind) })).filter(
      ({ records }) => records > 0,
    ),
    public: sumOf((share) => share.privacy === "public"),
    private: sumOf((share) => share.privacy === "private"),
    pinned: sumOf((share) => share.pinned),
  };
}
