// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitRecord } from "../../unit/record.ts";
import { decodeEntry, encodeEntry, namesOf, resultOf } from "../replay/entry.ts";
import { decodeSharedEntry } from "./shared-entry.ts";

/**
 * What to keep of an entry that came from elsewhere: all of it, or where this machine has one of the same result, the
 * names by which units from elsewhere know it. Undefined if there is nothing to keep.
 */
export function mergeEntry(here: string | undefined, shared: string, record: UnitRecord): string | undefined {
  const arrived = decodeSharedEntry(shared, resultOf(record));
  if (arrived === undefined) return undefined;
  const known = here === undefined ? undefined : decodeEntry(here);
  if (known === undefined || known.onlyIn !== undefined) return encodeEntry(arrived);
  const names = namesOf(known.fingerprint);
  const aliases = namesOf(arrived.fingerprint).filter((name) => !names.includes(name));
  if (aliases.length === 0) return undefined;
  const fingerprint = { ...known.fingerprint, aliases: [...(known.fingerprint.aliases ?? []), ...aliases] };
  return encodeEntry({ ...known, fingerprint });
}
