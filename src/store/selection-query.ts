// SPDX-License-Identifier: MIT OR Apache-2.0
import type { SQLInputValue } from "node:sqlite";
import { toBlob } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { Selection, Selector, SortOrder } from "./selection.ts";
import { versionsIn } from "./version-range.ts";

/** A condition on `records` and the values of its `?`. */
export interface Condition {
  /** Empty: all records. */
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

const ALL: Condition = { sql: "", values: [] };
const NONE: Condition = { sql: "0", values: [] };

/** What `--sort` means; the id makes every order total. */
export const ORDERS: Readonly<Record<SortOrder, string>> = {
  crate: "package, version_order, target, kind, id",
  size: "size DESC, id DESC",
  used: "used DESC, id DESC",
  created: "created DESC, id DESC",
  time: "took_ms DESC, id DESC",
};

// A plus sign keeps SQLite from using an index for a column with few values, where reading on is faster.
const COLUMN_CONDITIONS = {
  target: "+triple = ?",
  profile: "+profile = ?",
  kind: "+kind = ?",
  privacy: "+privacy = ?",
} as const;

function among(column: string, values: readonly string[]): Condition {
  if (values.length === 0) return NONE;
  return { sql: `${column} IN (${values.map(() => "?").join(", ")})`, values };
}

/** Every compiler release in the index, by hops from one to the next in its index. */
function distinctCompilers(index: IndexDatabase): string[] {
  return index
    .sql<{ rustc: string }>(
      `WITH RECURSIVE hop(rustc) AS (
         SELECT min(rustc) FROM records
         UNION ALL SELECT (SELECT min(r.rustc) FROM records r WHERE r.rustc > hop.rustc) FROM hop
           WHERE hop.rustc IS NOT NULL)
       SELECT rustc FROM hop WHERE rustc IS NOT NULL`,
    )
    .all()
    .map((row) => row.rustc);
}

function selectorCondition(index: IndexDatabase, selector: Selector): Condition {
  if (selector.by === "key") {
    const prefix = selector.prefix.toLowerCase();
    if (!/^[0-9a-f]{1,64}$/.test(prefix)) return prefix === "" ? ALL : NONE;
    return {
      sql: "key BETWEEN ? AND ?",
      values: [toBlob(prefix.padEnd(64, "0")), toBlob(prefix.padEnd(64, "f"))],
    };
  }
  if (selector.version === undefined) return { sql: "package = ?", values: [selector.name] };
  const versions = index
    .sql<{ version: string }>("SELECT DISTINCT version FROM records WHERE package = ?")
    .all(selector.name)
    .map((row) => row.version);
  const some = among("+version", versionsIn(versions, selector.version));
  return { sql: `(package = ? AND ${some.sql})`, values: [selector.name, ...some.values] };
}

/**
 * The SQL of a selection, its order and limit aside. Semver ranges are worked out on the distinct versions of the
 * index, not row by row. Throws GreenError "usage" for a malformed range.
 */
export function selectionCondition(index: IndexDatabase, selection: Selection): Condition {
  const parts: Condition[] = [];
  const selectors = selection.selectors.map((selector) => selectorCondition(index, selector));
  if (selectors.length > 0 && !selectors.includes(ALL)) {
    parts.push({
      sql: `(${selectors.map((part) => part.sql).join(" OR ")})`,
      values: selectors.flatMap((part) => part.values),
    });
  }
  if (selection.rustc !== undefined) {
    parts.push(among("+rustc", versionsIn(distinctCompilers(index), selection.rustc)));
  }
  for (const name of ["target", "profile", "kind", "privacy"] as const) {
    const value = selection[name];
    if (value !== undefined) parts.push({ sql: COLUMN_CONDITIONS[name], values: [value] });
  }
  if (selection.unusedSince !== undefined) parts.push({ sql: "+used < ?", values: [selection.unusedSince] });
  if (selection.largerThan !== undefined) parts.push({ sql: "+size > ?", values: [selection.largerThan] });
  if (selection.sandboxed !== undefined)
    parts.push({ sql: `+sandbox ${selection.sandboxed ? "<>" : "="} ?`, values: ["none"] });
  if (selection.pinned !== undefined) parts.push({ sql: "+pinned = ?", values: [selection.pinned ? 1 : 0] });
  if (parts.length === 0) return ALL;
  return { sql: parts.map((part) => part.sql).join(" AND "), values: parts.flatMap((part) => part.values) };
}
