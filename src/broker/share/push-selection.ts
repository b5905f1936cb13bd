// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Remote } from "../../remote/remote.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { decodeEntry } from "../replay/entry.ts";
import { bottomUp, type ShareableUnit } from "./pack-units.ts";
import {
  newUnits,
  type Objections,
  type PlannedUnit,
  plannedUnits,
  sharedUnits,
  withheldUnits,
} from "./push-plan.ts";
import { type PushUnitsOptions, pushUnits } from "./push-units.ts";
import type { PushingStore } from "./send-layers.ts";
import { unitImagesThere } from "./units-there.ts";

export type SelectionStore = PushingStore &
  Pick<UnitStore, "byInstance" | "find" | "replaysOf" | "memo" | "remember">;

export interface PushSelectionOptions extends PushUnitsOptions {
  readonly dryRun?: boolean | undefined;
}

export interface SelectionPush {
  /** The selected ones, and what becomes of each. */
  readonly units: readonly PlannedUnit[];
  /** Bytes of the layers that were made. */
  readonly bytes: number;
}

/**
 * Sends selected units as images, those that the remote has not.
 */
export async function pushSelection(
  selected: readonly InstanceId[],
  store: SelectionStore,
  remote: Remote,
  objections: Objections,
  options: PushSelectionOptions = {},
): Promise<SelectionPush> {
  const wanted = new Set(selected);
  const units = unitsWithClosure(selected, store);
  const withheld = await withheldUnits(units, objections.objection, options.signal);
  const decided = plannedUnits(units, new Set(), withheld);
  // A remote that everybody may read is not even asked for what stays here.
  const asked = decided.flatMap(({ unit: { record }, fate }) =>
    fate.kind === "push" && wanted.has(record.instance) ? [record] : [],
  );
  const there = options.force === true ? new Set() : await unitImagesThere(asked, remote, store, options);
  const planned = decided.map(
    ({ unit, fate }): PlannedUnit =>
      fate.kind === "push" && there.has(unit.record.instance)
        ? { unit, fate: { kind: "there" } }
        : { unit, fate },
  );
  const chosen = planned.filter(({ unit }) => wanted.has(unit.record.instance));
  if (options.dryRun === true) return { units: chosen, bytes: 0 };
  const news = newUnits(chosen);
  const shared = await sharedUnits(planned, objections);
  const packed = shared.filter(({ record }) => news.has(record.instance));
  const { bytes } = await pushUnits(packed, remote, store, options);
  return { units: chosen, bytes };
}

/**
 * Results and all that they were made against, as far as the store has it, from the bottom up: what stands on others
 * is named in Cargo's fingerprints by those.
 */
export function unitsWithClosure(
  instances: readonly InstanceId[],
  store: Pick<UnitStore, "byInstance" | "find" | "replaysOf">,
): readonly ShareableUnit[] {
  const records = new Map<InstanceId, UnitRecord>();
  const visit = (record: UnitRecord | undefined) => {
    if (record === undefined || records.has(record.instance)) return;
    records.set(record.instance, record);
    for (const instance of record.dependencies) visit(store.byInstance(instance));
    const script = record.inputs["build script"];
    if (script !== undefined) visit(store.find(script as UnitRecord["key"])[0]);
  };
  for (const instance of instances) visit(store.byInstance(instance));
  const replays = store.replaysOf([...records.keys()]);
  const units = [...records.values()].map((record): ShareableUnit => {
    const entries = (replays.get(record.instance) ?? []).flatMap(({ plan, entry }) => {
      const decoded = decodeEntry(entry);
      return decoded === undefined ? [] : [{ plan, entry: decoded }];
    });
    return { record, entries };
  });
  return bottomUp(units);
}
