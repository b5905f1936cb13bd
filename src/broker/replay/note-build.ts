// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import type { SeenUnit, Session } from "../session.ts";
import { captureEntry } from "./capture-entry.ts";
import { encodeEntry, type ReplayEntry, resultOf } from "./entry.ts";
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
  } catch (thrown) {
    log(`replay: not all of this build was noted: ${GreenError.from(thrown).stack}`);
  }
}

/** Notes how those units are laid down that there are records of. Throws as the store and the file system do. */
export async function noteUnits(
  planned: PlannedBuild,
  units: readonly NotableUnit[],
  store: Pick<UnitStore, "byInstance" | "read" | "putReplay">,
): Promise<void> {
  for (const [at, unit] of matchUnits(planned.graph, units)) {
    const key = planned.keys[at];
    const { instance } = unit;
    const entry = instance === undefined ? undefined : await entryOf({ ...unit, instance }, planned, store);
    if (key === undefined || instance === undefined || entry === undefined) continue;
    store.putReplay(key, { instance, entry: encodeEntry(entry) });
  }
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
  return { ...captured, result: resultOf(record), depInfo };
}
