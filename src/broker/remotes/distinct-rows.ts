// SPDX-License-Identifier: MIT OR Apache-2.0
import type { SortOrder } from "../../store/selection.ts";
import { versionOrder } from "../../store/version-order.ts";
import type { RemoteRow } from "./remote-row.ts";

/**
 * Rows without those of results that came before: a unit may be in several places. As they come, or with `sort` in that
 * order, for which all of them are read first.
 */
export async function* distinctRows(
  rows: AsyncIterable<RemoteRow>,
  sort: SortOrder | undefined,
): AsyncGenerator<RemoteRow, void, undefined> {
  const seen = new Set<string>();
  const gathered: RemoteRow[] = [];
  for await (const row of rows) {
    if (seen.has(row.instance)) continue;
    seen.add(row.instance);
    if (sort === undefined) yield row;
    else gathered.push(row);
  }
  if (sort !== undefined) yield* gathered.sort(ORDERS[sort] ?? byCrate);
}

const ORDERS: Readonly<Partial<Record<SortOrder, (a: RemoteRow, b: RemoteRow) => number>>> = {
  size: (a, b) => b.size - a.size,
  created: (a, b) => b.created - a.created,
};

function byCrate(a: RemoteRow, b: RemoteRow): number {
  const [x, y] = [a, b].map(({ identity, key }) => [identity.package, versionOrder(identity.version), key]);
  for (const [at, text] of (x ?? []).entries()) {
    const other = y?.[at] ?? "";
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
