// SPDX-License-Identifier: MIT OR Apache-2.0
import type { InstanceId } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import type { ShareableUnit } from "./pack-units.ts";

/** What becomes of a unit when a build is pushed. */
export type PushFate =
  | { readonly kind: "push" }
  /** The remote has it. */
  | { readonly kind: "there" }
  /** It stays here. */
  | { readonly kind: "private"; readonly reason: string };

export interface PlannedUnit {
  readonly unit: ShareableUnit;
  readonly fate: PushFate;
}

/** Why a unit must not be seen by everybody; undefined if it may. */
export type Objection = (unit: ShareableUnit) => Promise<string | undefined>;

/** Units that are looked at at once: their files are read. */
const CONCURRENCY = 4;

/**
 * Says of each unit whether it is to be pushed.
 *
 * @param units from the bottom up
 * @param objection for public remotes; undefined: the remote is private, and everything may go there
 * @param there results that the remote has
 */
export async function planPush(
  units: readonly ShareableUnit[],
  there: ReadonlySet<InstanceId>,
  objection: Objection | undefined,
): Promise<readonly PlannedUnit[]> {
  const own = new Map<ShareableUnit, string | undefined>();
  const next = objection === undefined ? [].values() : units.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const unit of next) own.set(unit, await objection?.(unit));
    }),
  );
  const byInstance = new Map(units.map((unit) => [unit.record.instance, unit.record]));
  const byKey = new Map(units.map(({ record }) => [record.key as string, record]));
  const withheld = new Map<UnitRecord, string>();
  for (const unit of units) {
    const { record } = unit;
    const reason =
      objection === undefined ? undefined : (own.get(unit) ?? taintOf(record, byInstance, byKey, withheld));
    if (reason !== undefined) withheld.set(record, reason);
  }
  return units.map((unit) => {
    const reason = withheld.get(unit.record);
    if (reason !== undefined) return { unit, fate: { kind: "private", reason } };
    return { unit, fate: { kind: there.has(unit.record.instance) ? "there" : "push" } };
  });
}

/** Why results are for a remote alone that not everybody can read, as `objection` says; of those that are. */
export async function confinedUnits(
  units: readonly ShareableUnit[],
  objection: Objection | undefined,
): Promise<ReadonlyMap<InstanceId, string>> {
  if (objection === undefined) return new Map();
  const planned = await planPush(units, new Set(), objection);
  return new Map(
    planned.flatMap(({ unit, fate }) =>
      fate.kind === "private" ? [[unit.record.instance, fate.reason]] : [],
    ),
  );
}

/** What stays here keeps all that was made with it. */
function taintOf(
  { dependencies, inputs }: UnitRecord,
  byInstance: ReadonlyMap<InstanceId, UnitRecord>,
  byKey: ReadonlyMap<string, UnitRecord>,
  withheld: ReadonlyMap<UnitRecord, string>,
): string | undefined {
  const below = dependencies.map((instance) => byInstance.get(instance));
  if (below.includes(undefined)) return "depends on a unit that is not in the cache any more";
  const script = byKey.get(inputs["build script"] ?? "");
  for (const record of [...below, script]) {
    const reason = record === undefined ? undefined : withheld.get(record);
    if (record !== undefined && reason !== undefined)
      return `depends on ${record.identity.package} (${reason})`;
  }
  return undefined;
}
