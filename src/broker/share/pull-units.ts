// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import { annotatedUnit } from "../../remote/format/annotations.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import type { Remote } from "../../remote/remote.ts";
import { matchesSelection } from "../../store/matches-selection.ts";
import type { Selection } from "../../store/selection.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import { isUnreadable } from "../remotes/list-units.ts";
import { unitOf } from "../remotes/remote-row.ts";
import { tagFilter } from "../remotes/tag-filter.ts";
import { readContent, readTagged } from "../remotes/tagged.ts";
import { walkTags } from "../remotes/walk-tags.ts";
import { isOfCratesIo } from "./everybodys-units.ts";
import type { FoundPack } from "./find-pack.ts";
import type { MovedUnit, PushFate } from "./push-plan.ts";
import { type TakeOptions, type TakingStore, takeUnits } from "./take-units.ts";

/** Tags that are looked behind at once, while layers arrive. */
const CONCURRENCY = 6;

export interface PullUnitsOptions extends TakeOptions {
  readonly dryRun?: boolean | undefined;
  /** Told of what is there and cannot be read; it is passed over. Default: thrown. */
  readonly onUnreadable?: ((tag: string, problem: GreenError) => void) | undefined;
}

/**
 * Takes selected units of a remote into the store, from images and packs. Of a remote that everybody can write about
 * nothing is taken that is not everybody's. Throws as the remote and the store do.
 */
export async function pullUnits(
  remote: Remote,
  isPublic: boolean,
  selection: Selection,
  store: TakingStore & Pick<UnitStore, "byInstance">,
  options: PullUnitsOptions = {},
): Promise<readonly MovedUnit[]> {
  const pulled = new Map<InstanceId, MovedUnit>();
  const tags = walkTags(remote, tagFilter(selection), options);
  const read = (tag: string) => contentBehind(remote, tag, selection, options);
  for await (const content of inOrder(CONCURRENCY, tags, read)) {
    if (content === undefined) continue;
    const wanted: PackedUnit[] = [];
    for (const unit of content.units) {
      const { record } = unit;
      const row = unitOf(record);
      if (pulled.has(record.instance) || !matchesSelection(selection, row)) continue;
      const fate = fateOf(unit, isPublic, store);
      pulled.set(record.instance, { identity: record.identity, size: row.size, fate });
      if (fate.kind === "push") wanted.push(unit);
    }
    if (options.dryRun === true || wanted.length === 0) continue;
    await takeUnits({ remote, layers: content.layers, wanted }, store, options);
  }
  return [...pulled.values()];
}

function fateOf(unit: PackedUnit, isPublic: boolean, store: Pick<UnitStore, "byInstance">): PushFate {
  if (isPublic && !isOfCratesIo(unit)) {
    return { kind: "private", reason: "private, and not taken from where everybody can put things" };
  }
  return { kind: store.byInstance(unit.record.instance) === undefined ? "push" : "there" };
}

async function contentBehind(
  remote: Remote,
  tag: string,
  selection: Selection,
  options: PullUnitsOptions,
): Promise<FoundPack | undefined> {
  try {
    const tagged = await readTagged(remote, tag, options);
    if (tagged === undefined) return undefined;
    const said = tagged.kind === "image" ? annotatedUnit(tagged.manifest.annotations) : undefined;
    if (said !== undefined && !matchesSelection(selection, said)) return undefined;
    return await readContent(remote, tagged, options);
  } catch (thrown) {
    if (options.onUnreadable === undefined || !isUnreadable(thrown)) throw thrown;
    options.onUnreadable(tag, thrown);
    return undefined;
  }
}
