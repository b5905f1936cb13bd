// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { UnitStore } from "../../store/store.ts";
import type { SeenUnit, Session } from "../session.ts";
import { captureEntry } from "./capture-entry.ts";
import { encodeEntry, type ReplayEntry, resultOf } from "./entry.ts";
import { matchUnits } from "./match-units.ts";
import type { PlannedBuild } from "./plan-build.ts";

/** After Cargo has ended: notes how what it asked for is laid down the next time. Never throws. */
export async function noteBuild(
  planned: PlannedBuild,
  session: Session,
  log: (line: string) => void,
): Promise<void> {
  try {
    for (const [at, unit] of matchUnits(planned.graph, session.seen)) {
      const key = planned.keys[at];
      const entry = await entryOf(unit, planned, session.store);
      if (key === undefined || entry === undefined) continue;
      session.store.putReplay(key, { instance: unit.instance, entry: encodeEntry(entry) });
    }
  } catch (thrown) {
    log(`replay: not all of this build was noted: ${GreenError.from(thrown).stack}`);
  }
  await planned.kept;
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
