// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseFingerprint } from "../../cargo/fingerprint/fingerprint.ts";
import type { PackedReplay, PackedUnit } from "../../remote/format/pack-config.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId, PlanKey } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { decodeEntry, namesOf, type ReplayEntry } from "../replay/entry.ts";
import { NeutralFingerprints } from "./neutral-fingerprint.ts";
import { isOwnEntry } from "./own-call.ts";
import { publicEntry, publicRecord } from "./public-form.ts";
import { encodeSharedEntry } from "./shared-entry.ts";

/** A unit of a build that may be shared. */
export interface ShareableUnit {
  readonly record: UnitRecord;
  readonly entries: readonly { readonly plan: PlanKey; readonly entry: ReplayEntry }[];
}

/** A unit as it is kept in remotes, which is in no layer yet. */
export type UnplacedUnit = Omit<PackedUnit, "layer">;

/** The store's latest results for the units of a build, each after those that it was made against. */
export function shareableUnits(
  plans: readonly PlanKey[],
  store: Pick<UnitStore, "replays" | "byInstance">,
): readonly ShareableUnit[] {
  const entries = new Map<InstanceId, { plan: PlanKey; entry: ReplayEntry }[]>();
  for (const [plan, [latest]] of store.replays(plans)) {
    const entry = latest === undefined ? undefined : decodeEntry(latest.entry);
    if (latest === undefined || entry === undefined) continue;
    const others = entries.get(latest.instance);
    if (others === undefined) entries.set(latest.instance, [{ plan, entry }]);
    else others.push({ plan, entry });
  }
  const units = [...entries].flatMap(([instance, known]) => {
    const record = store.byInstance(instance);
    return record === undefined ? [] : [{ record, entries: known }];
  });
  return bottomUp(units);
}

/** Units after those that they were made with, else in the order of names, so that equal sets are in equal order. */
export function bottomUp(units: readonly ShareableUnit[]): readonly ShareableUnit[] {
  const below = unitsBelow(units);
  const sorted: ShareableUnit[] = [];
  const done = new Set<ShareableUnit>();
  const visit = (unit: ShareableUnit) => {
    if (done.has(unit)) return;
    done.add(unit);
    for (const each of below(unit).known) visit(each);
    sorted.push(unit);
  };
  for (const unit of [...units].sort(byName)) visit(unit);
  return sorted;
}

/** What a unit was made with. */
export interface UnitsBelow {
  readonly known: readonly ShareableUnit[];
  /** True if it was made against something that is not among the units. */
  readonly lacks: boolean;
}

/**
 * Finds what units were made with, among themselves: what they were compiled against, of a build script's run the
 * script, and what their fingerprints name, a library the run of its build script.
 */
export function unitsBelow(units: readonly ShareableUnit[]): (unit: ShareableUnit) => UnitsBelow {
  const byInstance = new Map(units.map((unit) => [unit.record.instance, unit]));
  const byKey = new Map(units.map((unit) => [unit.record.key as string, unit]));
  const byFingerprint = new Map(
    units.flatMap((unit) =>
      unit.entries.flatMap(({ entry }) => namesOf(entry.fingerprint).map((name) => [name, unit] as const)),
    ),
  );
  return ({ record: { dependencies, inputs }, entries }) => {
    const direct = dependencies.map((instance) => byInstance.get(instance));
    const named = entries.flatMap(({ entry }) =>
      (parseFingerprint(entry.fingerprint.json)?.deps ?? []).map(({ hash }) => byFingerprint.get(hash)),
    );
    const found = [...direct, ...named, byKey.get(inputs["build script"] ?? "")];
    return {
      known: [...new Set(found.filter((each) => each !== undefined))],
      lacks: direct.includes(undefined),
    };
  };
}

function byName({ record: a }: ShareableUnit, { record: b }: ShareableUnit): number {
  const [x, y] = [a, b].map(
    ({ identity, instance }) => `${identity.package} ${identity.version} ${instance}`,
  );
  return (x ?? "") < (y ?? "") ? -1 : 1;
}

/**
 * How units look in a pack, but for the layers: fingerprints of nobody's place, and for everybody nothing that is
 * nobody else's affair.
 *
 * @param confined why results must go no further than to a remote that not everybody can read: who gets them there
 * does not know what is private here
 */
export function packedUnits(
  units: readonly ShareableUnit[],
  isPublic: boolean,
  confined: ReadonlyMap<InstanceId, string> = new Map(),
): readonly UnplacedUnit[] {
  const neutral = new NeutralFingerprints(units.flatMap(({ entries }) => entries.map(({ entry }) => entry)));
  return units.map(({ record, entries }) => {
    const replays = entries.flatMap(({ plan, entry }): readonly PackedReplay[] => {
      const fingerprint = neutral.of(entry);
      if (fingerprint === undefined || entry.onlyIn !== undefined) return [];
      if (isPublic && isOwnEntry(entry, record)) return [];
      const shared = { ...(isPublic ? publicEntry(entry) : entry), fingerprint };
      return [{ plan, entry: encodeSharedEntry(shared) }];
    });
    return { record: isPublic ? publicRecord(record) : confinedRecord(record, confined), replays };
  });
}

function confinedRecord(record: UnitRecord, confined: ReadonlyMap<InstanceId, string>): UnitRecord {
  const reason = confined.get(record.instance);
  const isPublic = record.privacy.class === "public";
  return isPublic && reason !== undefined ? { ...record, privacy: { class: "private", reason } } : record;
}
