// SPDX-License-Identifier: MIT OR Apache-2.0
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Descriptor, type OciDigest, toOci } from "../../remote/descriptor.ts";
import type { PackScope } from "../../remote/format/tag.ts";
import type { ManifestOptions, Remote } from "../../remote/remote.ts";
import { digestOf, type InstanceId } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import { type FoundPack, readPack } from "./find-pack.ts";
import { type PackPart, type PlacedUnit, partsOf, pushConfigs, pushManifests } from "./pack-parts.ts";
import type { UnplacedUnit } from "./pack-units.ts";
import type { PushOptions } from "./push-options.ts";
import { type PushingStore, sendLayers } from "./send-layers.ts";

/** More layers than this for each so many units, and it is time to make them anew. */
const UNITS_PER_LAYER = 8;
/** How often what others push meanwhile is joined, before the later one's pack stands. */
const ATTEMPTS = 5;

export interface PackToPush {
  readonly scope: PackScope;
  readonly id: string;
  readonly tag: string;
  /** All results of the build that may go there. */
  readonly records: readonly UnitRecord[];
  /** The same as they are kept there: what is private about them is looked for while their files are sent. */
  pack(): Promise<readonly UnplacedUnit[]>;
  /** What the tag leads to now. */
  readonly existing: readonly FoundPack[];
}

/** What was sent. */
export interface PushedPack {
  /** Bytes of layers. */
  readonly bytes: number;
  /** Those that were made. */
  readonly layers: readonly Descriptor[];
  /** What it has of this build. */
  readonly packed: readonly UnplacedUnit[];
}

/**
 * Makes a pack of these units and of those that the remote has already, and lets the tag lead to it, last: who
 * looks meanwhile sees the old one. Layers that are there are kept, unless they have become too many.
 */
export async function pushPack(
  { scope, id, tag, records, pack, existing }: PackToPush,
  remote: Remote,
  store: PushingStore,
  options: PushOptions = {},
): Promise<PushedPack> {
  const old = placesIn(existing);
  const oldLayers = new Set([...old.values()].flatMap(({ layer }) => layer?.digest ?? []));
  const isScattered = oldLayers.size > Math.max(UNITS_PER_LAYER, old.size / UNITS_PER_LAYER);
  const isKept = ({ instance }: UnitRecord) => options.force !== true && !isScattered && old.has(instance);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const fresh = records.filter((record) => !isKept(record));
  const underWay = sendLayers(fresh, remote, store, { ...options, signal });
  const packing = nextTurn().then(pack); // first requests leave
  for (const each of [underWay.sent, packing]) each.catch(() => {}); // heard of below
  try {
    const layers = await Promise.race([underWay.made, underWay.sent.then(() => underWay.made)]);
    const packed = await packing;
    const own = packed.map((unit): PlacedUnit => {
      const { record } = unit;
      const layer = isKept(record) ? old.get(record.instance)?.layer : layers.get(record.instance);
      return { unit, layer };
    });
    await moveTag({ scope, id, tag, own, sent: underWay.sent, existing }, remote, options);
    const made = [...new Map([...layers.values()].map((layer) => [layer.digest, layer])).values()];
    return { bytes: made.reduce((sum, { size }) => sum + size, 0), layers: made, packed };
  } catch (thrown) {
    stop.abort(thrown);
    await underWay.sent.catch(() => {});
    throw thrown;
  }
}

function placesIn(packs: readonly FoundPack[]): ReadonlyMap<InstanceId, PlacedUnit> {
  return new Map(
    packs.flatMap(({ units, layers }) =>
      units.map((unit): [InstanceId, PlacedUnit] => {
        const layer = unit.layer === undefined ? undefined : layers[unit.layer];
        return [unit.record.instance, { unit, layer }];
      }),
    ),
  );
}

interface TagToMove extends Pick<PackToPush, "scope" | "id" | "tag" | "existing"> {
  readonly own: readonly PlacedUnit[];
  /** Resolves when their layers are there. */
  readonly sent: Promise<void>;
}

/**
 * Lets the tag lead to these units and to all others that it leads to by then: somebody else may push as well. The
 * distribution API cannot change a tag only if it still is what it was, so it is looked at just before, and again
 * after that. Who comes in between, within a round trip, joins ours or is seen by us.
 */
async function moveTag(
  { scope, id, tag, own, sent, existing }: TagToMove,
  remote: Remote,
  options: PushOptions,
): Promise<void> {
  const reading = { signal: options.signal, isFresh: true };
  let there = existing;
  for (let attempt = 1; ; attempt++) {
    const parts = partsOf({ scope, id, tag, placed: [...othersIn(there, own), ...own] });
    await Promise.all([sent, pushConfigs(parts, remote, options)]);
    const isLast = options.force === true || attempt === ATTEMPTS;
    if (!isLast && (await leadsTo(tag, remote, reading)) !== there[0]?.digest) {
      there = await readPack(remote, tag, reading);
      continue;
    }
    await pushManifests(parts, remote, options);
    if (isLast || (await leadsTo(tag, remote, reading)) === digestOfPack(parts)) return;
    there = await readPack(remote, tag, reading);
    if (hasAll(there, own)) return;
  }
}

async function leadsTo(tag: string, remote: Remote, options: ManifestOptions) {
  return (await remote.manifest(tag, options))?.descriptor.digest;
}

function digestOfPack([first]: readonly PackPart[]): OciDigest | undefined {
  return first === undefined ? undefined : toOci(digestOf(first.manifest));
}

/** Units of a pack that are not ours. Another result of the same unit has had its day: who builds this now gets ours. */
function othersIn(there: readonly FoundPack[], own: readonly PlacedUnit[]): readonly PlacedUnit[] {
  const { instances, preKeys } = namesOf(own);
  return [...placesIn(there).values()].filter(
    ({ unit: { record } }) => !instances.has(record.instance) && !preKeys.has(record.preKey),
  );
}

/** True if a pack has all of ours, or another result of each. */
function hasAll(there: readonly FoundPack[], own: readonly PlacedUnit[]): boolean {
  const { preKeys } = namesOf([...placesIn(there).values()]);
  return own.every(({ unit }) => preKeys.has(unit.record.preKey));
}

function namesOf(units: readonly PlacedUnit[]) {
  return {
    instances: new Set(units.map(({ unit }) => unit.record.instance)),
    preKeys: new Set(units.map(({ unit }) => unit.record.preKey)),
  };
}
