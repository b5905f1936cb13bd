// SPDX-License-Identifier: MIT OR Apache-2.0
import { matchesSelection } from "../../store/matches-selection.ts";
import type { Selection, SortOrder } from "../../store/selection.ts";
import { versionOrder } from "../../store/version-order.ts";
import type { CachedUnit } from "./buildkit-cache.ts";
import { sizeOf } from "./size-of.ts";

/** Units that were asked for. */
export interface SelectedUnits {
  /** In order, and no more than were asked for. */
  readonly units: readonly CachedUnit[];
  /** Sums over all that match. */
  readonly matched: { readonly units: number; readonly size: number };
  /** Which selectors, counted from 0, mean none of them. */
  readonly unmatched: readonly number[];
}

/** The units that a selection means, in its order. */
export function selectUnits(all: readonly CachedUnit[], selection: Selection): SelectedUnits {
  const { selectors, sort = "crate", limit } = selection;
  const matching = all.filter((unit) => isMeant(unit, selection));
  const unmatched = selectors.flatMap((selector, at) =>
    matching.some((unit) => isMeant(unit, { selectors: [selector] })) ? [] : [at],
  );
  return {
    units: matching.sort(ORDERS[sort]).slice(0, limit),
    matched: { units: matching.length, size: sizeOf(matching) },
    unmatched,
  };
}

/** By any of the keys that it may have. */
function isMeant({ keys, ...unit }: CachedUnit, selection: Selection): boolean {
  const named = keys.length === 0 ? [undefined] : keys;
  return named.some((key) => matchesSelection(selection, { ...unit, key }));
}

const newestUse = (a: CachedUnit, b: CachedUnit) => (b.used ?? b.created) - (a.used ?? a.created);

const ORDERS: Readonly<Record<SortOrder, (a: CachedUnit, b: CachedUnit) => number>> = {
  crate: byCrate,
  size: (a, b) => b.size - a.size,
  used: newestUse,
  created: (a, b) => b.created - a.created,
  time: byCrate, // commands refuse it: nobody knows how long it took
};

function byCrate(a: CachedUnit, b: CachedUnit): number {
  const [x, y] = [a, b].map(({ identity: { package: name, version, kind, target }, id }) => [
    ...[name, versionOrder(version), kind, target, id],
  ]);
  for (const [at, text] of (x ?? []).entries()) {
    const other = y?.[at] ?? "";
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
