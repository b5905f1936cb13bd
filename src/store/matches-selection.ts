// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Selection, Selector } from "./selection.ts";
import type { RecordRow } from "./store.ts";
import { versionsIn } from "./version-range.ts";

/**
 * What a selection asks of a unit. Whether it is pinned is known of local ones only, key and privacy of those that have
 * a record of ours; what is not known matches no filter that asks for it.
 */
export type SelectableUnit = Pick<RecordRow, "identity" | "size"> & {
  readonly [Field in "key" | "privacy" | "used" | "pinned"]?: RecordRow[Field] | undefined;
};

function matchesSelector(selector: Selector, row: SelectableUnit): boolean {
  if (selector.by === "key") return row.key?.startsWith(selector.prefix.toLowerCase()) === true;
  if (selector.name !== row.identity.package) return false;
  return selector.version === undefined || versionsIn([row.identity.version], selector.version).length === 1;
}

/**
 * Whether a selection (its order and limit aside) means a record: the definition, one row at a time.
 * The local catalog answers the same from its indexes.
 */
export function matchesSelection(selection: Selection, row: SelectableUnit): boolean {
  const { selectors, rustc, target, profile, kind, privacy, unusedSince, largerThan, pinned } = selection;
  return (
    (selectors.length === 0 || selectors.some((selector) => matchesSelector(selector, row))) &&
    (rustc === undefined || versionsIn([row.identity.rustc], rustc).length === 1) &&
    (target === undefined || row.identity.triple === target) &&
    (profile === undefined || row.identity.profile === profile) &&
    (kind === undefined || row.identity.kind === kind) &&
    (privacy === undefined || row.privacy === privacy) &&
    (unusedSince === undefined || (row.used !== undefined && row.used < unusedSince)) &&
    (largerThan === undefined || row.size > largerThan) &&
    (pinned === undefined || row.pinned === pinned)
  );
}
