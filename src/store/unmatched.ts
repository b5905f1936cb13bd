// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Selection } from "./selection.ts";
import type { Store } from "./store.ts";

/** Which of a selection's selectors, counted from 0, select nothing with its other filters. */
export function unmatchedSelectors(store: Pick<Store, "list">, selection: Selection): readonly number[] {
  return selection.selectors.flatMap((selector, at) =>
    store.list({ ...selection, selectors: [selector], limit: 1 }).matched.records === 0 ? [at] : [],
  );
}
