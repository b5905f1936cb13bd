// SPDX-License-Identifier: MIT OR Apache-2.0
import { setImmediate as nextTurn } from "node:timers/promises";
import { unitAnnotations } from "../../remote/format/annotations.ts";
import { unitTag } from "../../remote/format/tag.ts";
import { findLeaks } from "../../unit/leaks/find-leaks.ts";
import type { PrivateWords } from "../../unit/leaks/private-words.ts";
import { leakReason } from "../../unit/leaks/scan.ts";
import type { PublicLists } from "../../unit/privacy.ts";
import type { Privacy } from "../../unit/record.ts";
import { privatePlace } from "../private-places.ts";
import { privateVariable } from "../private-variables.ts";
import { fileLeaks, type SearchedStore } from "./file-leaks.ts";
import { isOwnEntry, ownMaking } from "./own-call.ts";
import type { ShareableUnit } from "./pack-units.ts";
import { publicEntry, publicRecord } from "./public-form.ts";
import type { Objection } from "./push-plan.ts";

/** Why a unit must not be seen by everybody: its class, or what stands in its files, its record or its tag. */
export function leakObjection(
  store: SearchedStore,
  words: PrivateWords,
  { allowEnv }: Pick<PublicLists, "allowEnv">,
): Objection {
  const findLeak = fileLeaks(store, words);
  return async (unit) => {
    const { record } = unit;
    const { privacy, provenance } = record;
    if (privacy.class === "private") return privacy;
    // Whatever its class says: it was decided by the settings of whoever made it.
    if (provenance.sandbox.mode === "none") return because("made without a sandbox");
    const own = privatePlace(record.inputs) ?? privateVariable(record.inputs, allowEnv) ?? ownMaking(record);
    if (own !== undefined) return because(own);
    await nextTurn(); // what is under way goes on
    const [said] = findLeaks(documentsOf(unit), words);
    if (said !== undefined) return because(`its ${said.where} contains the ${said.what}`);
    const leak = await findLeak(record.outputs);
    return leak && because(leakReason(leak));
  };
}

function because(reason: string): Privacy {
  return { class: "private", reason };
}

/** All that would be sent besides files. */
function documentsOf({ record, entries }: ShareableUnit) {
  const shown = entries.filter(({ entry }) => !isOwnEntry(entry, record));
  return [
    { name: "record", content: publicRecord(record) },
    { name: "fingerprint", content: shown.map(({ entry }) => publicEntry(entry)) },
    { name: "annotations", content: unitAnnotations(record) },
    { name: "tag", content: unitTag(record.identity, record.key) },
  ];
}
