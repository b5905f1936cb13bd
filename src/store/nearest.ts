// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId } from "../unit/digest.ts";
import { type Inputs, RECORD_SCHEMA, type UnitIdentity, type UnitRecord } from "../unit/record.ts";
import { toBlob, toHex } from "./hex.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { RecordShelf } from "./record-shelf.ts";
import type { NearestOptions } from "./store.ts";

/** So many records are opened (some 0.1 ms each): those whose identity is most alike. */
const MAX_CANDIDATES = 200;

/** How alike two sets of inputs are: the number of equal entries, and of those that are in one only or differ. */
export function compareInputs(a: Inputs, b: Inputs): { readonly equal: number; readonly different: number } {
  const names = Object.keys(a);
  const shared = names.filter((name) => Object.hasOwn(b, name));
  const equal = shared.filter((name) => a[name] === b[name]).length;
  return { equal, different: names.length + Object.keys(b).length - shared.length - equal };
}

/**
 * The record of the same package, kind and target whose inputs are most like `inputs`: most equal entries less
 * differing ones; then of the same version, of the same compiler, the newest. A record with the very same inputs
 * explains nothing and is left out.
 */
export function findNearest(
  index: IndexDatabase,
  shelf: Pick<RecordShelf, "load">,
  identity: UnitIdentity,
  inputs: Inputs,
  options: NearestOptions = {},
): UnitRecord | undefined {
  const { package: name, version, kind, target, rustc, triple, profile, mode } = identity;
  const candidates = index
    .sql<{ id: number; instance: Uint8Array }>(
      `SELECT id, instance FROM records
       WHERE package = ? AND kind = ? AND target = ? AND schema = ? AND key <> ? AND created < ?
       ORDER BY (version = ?) + (rustc = ?) + (mode = ?) + (triple = ?) + (profile = ?) + (features = ?) DESC,
         created DESC, id DESC
       LIMIT ?`,
    )
    .all(
      name,
      kind,
      target,
      RECORD_SCHEMA,
      toBlob(options.excludeKey ?? ""),
      options.before ?? Number.MAX_SAFE_INTEGER,
      version,
      rustc,
      mode,
      triple,
      profile,
      JSON.stringify(identity.features),
      MAX_CANDIDATES,
    );
  let best: { readonly record: UnitRecord; readonly rank: readonly number[] } | undefined;
  for (const row of candidates) {
    const record = shelf.load(row.id, toHex<InstanceId>(row.instance));
    if (record === undefined) continue;
    const { equal, different } = compareInputs(inputs, record.inputs);
    if (different === 0) continue;
    const rank = [
      equal - different,
      Number(record.identity.version === version),
      Number(record.identity.rustc === rustc),
      record.provenance.created,
    ];
    if (best === undefined || isGreater(rank, best.rank)) best = { record, rank };
  }
  return best?.record;
}

function isGreater(a: readonly number[], b: readonly number[]): boolean {
  for (const [place, value] of a.entries()) {
    const other = b[place] ?? 0;
    if (value !== other) return value > other;
  }
  return false;
}
