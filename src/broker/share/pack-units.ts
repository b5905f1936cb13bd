// SPDX-License-Identifier: MIT OR Apache-2.0
import type { PackedReplay, PackedUnit } from "../../remote/format/pack-config.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId, PlanKey } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { decodeEntry, type ReplayEntry } from "../replay/entry.ts";
import { NeutralFingerprints } from "./neutral-fingerprint.ts";
import { isOwnEntry } from "./own-call.ts";
import { publicEntry, publicRecord } from "./public-form.ts";
import { encodeSharedEntry } from "./shared-entry.ts";

/** A unit of a build that may be shared. */
export interface ShareableUnit {
  readonly record: UnitRecord;
  readonly entries: readonly { readonly plan: PlanKey; readonly entry: ReplayEntry }[];
}

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

/** Units after those that they were made against, else in the order of names, so that equal sets are in equal order. */
export function bottomUp(units: readonly ShareableUnit[]): readonly ShareableUnit[] {
  const known = new Map(units.map((unit) => [unit.record.instance, unit]));
  const byKey = new Map(units.map((unit) => [unit.record.key as string, unit]));
  const sorted: ShareableUnit[] = [];
  const done = new Set<ShareableUnit>();
  const visit = (unit: ShareableUnit) => {
    if (done.has(unit)) return;
    done.add(unit);
    for (const below of belowOf(unit.record, known, byKey)) visit(below);
    sorted.push(unit);
  };
  for (const unit of [...units].sort(byName)) visit(unit);
  return sorted;
}

/** What a unit was made against; of a build script's run, the script. */
function belowOf(
  { dependencies, inputs }: UnitRecord,
  known: ReadonlyMap<InstanceId, ShareableUnit>,
  byKey: ReadonlyMap<string, ShareableUnit>,
): readonly ShareableUnit[] {
  const script = byKey.get(inputs["build script"] ?? "");
  const direct = dependencies.flatMap((instance) => known.get(instance) ?? []);
  return script === undefined ? direct : [...direct, script];
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
): readonly Omit<PackedUnit, "layer">[] {
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
