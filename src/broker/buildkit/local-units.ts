// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RecordRow, StoreCatalog } from "../../store/store.ts";
import type { UnitIdentity } from "../../unit/record.ts";
import type { CachedUnit } from "./buildkit-cache.ts";

/** Label of what Cargo tells units of one name apart by. */
const METADATA = "-C metadata";

/** What the local store knows of a unit elsewhere. */
export type LocalUnit = Pick<CachedUnit, "keys" | "privacy">;

/**
 * Finds the units of the local store that one elsewhere may be a result of: those with the same identity and, of
 * compilations, the same `-C metadata`. Each crate's units are looked up once. One's own packages are private anyway.
 */
export function localUnits(
  store: Pick<StoreCatalog, "list" | "get">,
): (identity: UnitIdentity, metadata: string | undefined) => LocalUnit {
  const known = new Map<string, readonly RecordRow[]>();
  const rowsOf = (name: string) => {
    const rows = known.get(name) ?? store.list({ selectors: [{ by: "crate", name }] }).rows;
    known.set(name, rows);
    return rows;
  };
  return (identity, metadata) => {
    const wanted = canonical(identity);
    const same = rowsOf(identity.package).filter(
      (row) =>
        canonical(row.identity) === wanted &&
        (metadata === undefined || store.get(row.id)?.inputs[METADATA] === metadata),
    );
    const classes = new Set(same.map(({ privacy }) => privacy));
    const [only] = classes.size === 1 ? classes : [];
    const usual = identity.source === "path" ? "private" : undefined;
    return { keys: [...new Set(same.map(({ key }) => key))], privacy: only ?? usual };
  };
}

function canonical({ features, ...rest }: UnitIdentity): string {
  const plain = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([plain, [...features].sort()]);
}
