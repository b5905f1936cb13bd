// SPDX-License-Identifier: MIT OR Apache-2.0
import { allOrNone } from "../../at-once.ts";
import type { InstanceId } from "../../unit/digest.ts";
import { dependent } from "../../unit/privacy.ts";
import type { Privacy, UnitIdentity } from "../../unit/record.ts";
import {
  packedUnits,
  type ShareableUnit,
  type UnitsBelow,
  type UnplacedUnit,
  unitsBelow,
} from "./pack-units.ts";

/** What becomes of a unit when a build is pushed. */
export type PushFate =
  | { readonly kind: "push" }
  /** The remote has it. */
  | { readonly kind: "there" }
  /** It stays here. */
  | { readonly kind: "private"; readonly reason: string };

/** A unit of a remote that may go somewhere else. */
export interface MovedUnit {
  readonly identity: UnitIdentity;
  /** Bytes of its files. */
  readonly size: number;
  /** `push` if it went, or would. */
  readonly fate: PushFate;
}

export interface PlannedUnit {
  readonly unit: ShareableUnit;
  readonly fate: PushFate;
}

/** A private class, with the reason, for a unit that must not be seen by everybody; undefined if it may. */
export type Objection = (unit: ShareableUnit) => Promise<Privacy | undefined>;

/** What is private about units. */
export interface Objections {
  /** For a remote that everybody may read: what stays here. Undefined: everything may go. */
  readonly objection: Objection | undefined;
  /** For others: what goes there and no further. */
  readonly confines?: Objection | undefined;
}

/** Units that are looked at at once: their files are read. */
const CONCURRENCY = 4;

/** Why units stay here. */
type Withheld = ReadonlyMap<ShareableUnit, Privacy>;

/**
 * Says which units stay here, and why.
 *
 * @param units from the bottom up
 * @param objection for public remotes; undefined: the remote is private, and everything may go there
 * @param signal its reason is thrown before the next unit is looked at
 */
export async function withheldUnits(
  units: readonly ShareableUnit[],
  objection: Objection | undefined,
  signal?: AbortSignal,
): Promise<Withheld> {
  const withheld = new Map<ShareableUnit, Privacy>();
  if (objection === undefined) return withheld;
  const own = new Map<ShareableUnit, Privacy | undefined>();
  await allOrNone(CONCURRENCY, units, signal, async (unit) => void own.set(unit, await objection(unit)));
  const below = unitsBelow(units);
  for (const unit of units) {
    const privacy = own.get(unit) ?? taintOf(below(unit), withheld);
    if (privacy !== undefined) withheld.set(unit, privacy);
  }
  return withheld;
}

/**
 * Says of each unit whether it is to be pushed.
 *
 * @param there results that the remote has
 */
export function plannedUnits(
  units: readonly ShareableUnit[],
  there: ReadonlySet<InstanceId>,
  withheld: Withheld,
): readonly PlannedUnit[] {
  return units.map((unit) => {
    const privacy = withheld.get(unit);
    if (privacy !== undefined) return { unit, fate: { kind: "private", reason: privacy.reason } };
    return { unit, fate: { kind: there.has(unit.record.instance) ? "there" : "push" } };
  });
}

/** All of a plan that a remote has or gets, as it is kept there. */
export async function sharedUnits(
  planned: readonly PlannedUnit[],
  { objection, confines }: Objections,
): Promise<readonly UnplacedUnit[]> {
  const shared = planned.flatMap(({ unit, fate }) => (fate.kind === "private" ? [] : [unit]));
  return packedUnits(shared, objection !== undefined, await confinedUnits(shared, confines));
}

/** Results that a plan sends. */
export function newUnits(planned: readonly PlannedUnit[]): ReadonlySet<InstanceId> {
  return new Set(planned.flatMap(({ unit, fate }) => (fate.kind === "push" ? [unit.record.instance] : [])));
}

/** Why results are for a remote alone that not everybody can read, as `objection` says; of those that are. */
async function confinedUnits(
  units: readonly ShareableUnit[],
  objection: Objection | undefined,
): Promise<ReadonlyMap<InstanceId, string>> {
  if (objection === undefined) return new Map();
  const withheld = await withheldUnits(units, objection);
  return new Map([...withheld].map(([{ record }, { reason }]) => [record.instance, reason]));
}

/** What stays here keeps all that was made with it. */
function taintOf(
  { known, lacks }: UnitsBelow,
  withheld: ReadonlyMap<ShareableUnit, Privacy>,
): Privacy | undefined {
  for (const unit of known) {
    const privacy = withheld.get(unit);
    if (privacy !== undefined) return dependent({ identity: unit.record.identity, privacy });
  }
  const reason = "depends on a unit that is not in the cache any more";
  return lacks ? { class: "private", reason } : undefined;
}
