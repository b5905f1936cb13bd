// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import type { SeenUnit, Session } from "../session.ts";
import { keepPackNote } from "../share/pack-note.ts";
import { captureEntry } from "./capture-entry.ts";
import { decodeEntry, encodeEntry, type ReplayEntry, resultOf } from "./entry.ts";
import { matchUnits } from "./match-units.ts";
import type { PlannedBuild } from "./plan-build.ts";

/** A unit that Cargo asked for, or would. */
export interface NotableUnit extends Omit<SeenUnit, "instance"> {
  /** Undefined if there is no record of it. */
  readonly instance: InstanceId | undefined;
}

/** After Cargo has ended: notes how what it asked for is laid down the next time, and what it asked the compiler. Never throws. */
export async function noteBuild(
  planned: PlannedBuild,
  session: Session,
  log: (line: string) => void,
): Promise<void> {
  try {
    await noteUnits(planned, session.seen, session.store);
    planned.rustcInfo?.keep();
    const { scope, packages, keys: plans, place } = planned;
    keepPackNote(session.store, place.workspace, { scope, packages, plans });
  } catch (thrown) {
    log(`replay: not all of this build was noted: ${GreenError.from(thrown).stack}`);
  }
}

/** Notes how those units are laid down that there are records of. Throws as the store and the file system do. */
export async function noteUnits(
  planned: PlannedBuild,
  units: readonly NotableUnit[],
  store: Pick<UnitStore, "byInstance" | "read" | "replays" | "putReplay" | "touchReplay">,
): Promise<void> {
  const matched = [...matchUnits(planned.graph, units)].flatMap(([at, unit]) => {
    const key = planned.keys[at];
    return key === undefined || unit.instance === undefined
      ? []
      : [{ key, unit: { ...unit, instance: unit.instance } }];
  });
  const known = store.replays(matched.map(({ key }) => key));
  for (const { key, unit } of matched) {
    const { instance } = unit;
    if (known.get(key)?.some((stored) => stored.instance === instance && isForEverywhere(stored.entry))) {
      store.touchReplay(key, instance);
      continue;
    }
    const entry = await entryOf(unit, planned, store);
    if (entry !== undefined) store.putReplay(key, { instance, entry: encodeEntry(entry) });
  }
}

/** True for what another build could not note any better. */
function isForEverywhere(text: string): boolean {
  const entry = decodeEntry(text);
  return entry?.onlyIn === undefined && entry?.fingerprint.reproduced === true;
}

async function entryOf(
  { request, place, immutable, instance }: SeenUnit,
  planned: PlannedBuild,
  store: Pick<UnitStore, "byInstance" | "read">,
): Promise<ReplayEntry | undefined> {
  const record = store.byInstance(instance);
  const captured = captureEntry(request, place, immutable, planned.place);
  if (record === undefined || captured === undefined) return undefined;
  const depInfo: Record<string, string> = {};
  for (const { path, role, digest } of record.outputs) {
    if (role === "dep-info") depInfo[path] = (await store.read(digest)).toString("latin1");
  }
  const own = planned.hasOwnSettings && { hasOwnPlan: true };
  return { ...captured, result: resultOf(record), depInfo, ...own };
}
