// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId } from "../digest.ts";
import { dependent } from "../privacy.ts";
import type { Privacy, UnitRecord } from "../record.ts";
import { type Leak, leakReason } from "./scan.ts";

/** A record as far as its class is concerned. */
export type ClassifiedRecord = Pick<UnitRecord, "instance" | "identity" | "dependencies" | "privacy">;

/**
 * The class of each record when what was found in outputs counts too: a unit with a leak is private, and so is what
 * stands on it, or on one that is not among the records, so that nothing is known of it.
 * @param leaksIn what was found in the outputs of a record
 */
export function spreadLeaks(
  records: readonly ClassifiedRecord[],
  leaksIn: (record: ClassifiedRecord) => readonly Leak[],
): ReadonlyMap<InstanceId, Privacy> {
  const byInstance = new Map(records.map((record) => [record.instance, record]));
  const classes = new Map<InstanceId, Privacy>();
  const classify = (record: ClassifiedRecord): Privacy => {
    const known = classes.get(record.instance);
    if (known !== undefined) return known;
    classes.set(record.instance, UNKNOWN); // should records ever stand on each other
    const found = ownClass(record, leaksIn) ?? classBelow(record) ?? record.privacy;
    classes.set(record.instance, found);
    return found;
  };
  const classBelow = (record: ClassifiedRecord): Privacy | undefined => {
    for (const instance of record.dependencies) {
      const below = byInstance.get(instance);
      if (below === undefined) return UNKNOWN;
      const privacy = classify(below);
      if (privacy.class === "private") return dependent({ identity: below.identity, privacy });
    }
    return undefined;
  };
  for (const record of records) classify(record);
  return classes;
}

const UNKNOWN: Privacy = { class: "private", reason: "what it depends on is not in the cache any more" };

function ownClass(
  record: ClassifiedRecord,
  leaksIn: (record: ClassifiedRecord) => readonly Leak[],
): Privacy | undefined {
  if (record.privacy.class === "private") return record.privacy;
  const leak = leaksIn(record)[0];
  return leak === undefined ? undefined : { class: "private", reason: leakReason(leak) };
}
