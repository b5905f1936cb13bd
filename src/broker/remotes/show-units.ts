// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Remote } from "../../remote/remote.ts";
import { matchesSelection } from "../../store/matches-selection.ts";
import type { Selection } from "../../store/selection.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { isUnreadable, type ListOptions, listAll } from "./list-units.ts";
import type { RemoteRow } from "./remote-row.ts";
import { readContent, readTagged } from "./tagged.ts";

export interface ShownUnits {
  /** The newest of those that are selected, as many as the selection allows. */
  readonly shown: readonly { readonly places: readonly RemoteRow[]; readonly record: UnitRecord }[];
  /** How many are selected. */
  readonly units: number;
  /** Which selectors, counted from 0, select nothing. */
  readonly unmatched: readonly number[];
}

/** Selected units with their records, and all places that they are in. Throws as the remote does. */
export async function showUnits(
  remote: Remote,
  selection: Selection,
  options: ListOptions = {},
): Promise<ShownUnits> {
  const rows = await listAll(remote, selection, options);
  const units = [...Map.groupBy(rows, ({ instance }) => instance).values()];
  const newest = units.sort((a, b) => (b[0]?.created ?? 0) - (a[0]?.created ?? 0));
  const shown = await Promise.all(
    newest.slice(0, selection.limit).map(async (places) => {
      const record = await recordOf(remote, places, options);
      return record === undefined ? [] : [{ places, record }];
    }),
  );
  return { shown: shown.flat(), units: units.length, unmatched: unmatchedIn(selection, rows) };
}

/** Which selectors of a selection mean none of these rows, counted from 0. */
export function unmatchedIn(selection: Selection, rows: readonly RemoteRow[]): readonly number[] {
  return selection.selectors.flatMap((selector, at) =>
    rows.some((row) => matchesSelection({ selectors: [selector] }, row)) ? [] : [at],
  );
}

async function recordOf(
  remote: Remote,
  places: readonly RemoteRow[],
  options: ListOptions,
): Promise<UnitRecord | undefined> {
  for (const { place, instance } of places) {
    try {
      const tagged = await readTagged(remote, place.tag, options);
      const found = tagged === undefined ? undefined : await readContent(remote, tagged, options);
      const unit = found?.units.find(({ record }) => record.instance === instance);
      if (unit !== undefined) return unit.record;
    } catch (thrown) {
      if (options.onUnreadable === undefined || !isUnreadable(thrown)) throw thrown;
      options.onUnreadable(place.tag, thrown);
    }
  }
  return undefined;
}
