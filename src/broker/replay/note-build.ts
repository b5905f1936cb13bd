// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Session } from "../session.ts";
import { captureEntry } from "./capture-entry.ts";
import { encodeEntry } from "./entry.ts";
import { matchUnits } from "./match-units.ts";
import type { PlannedBuild } from "./plan-build.ts";

/** After Cargo has ended: notes how what it asked for is laid down the next time. */
export async function noteBuild({ graph, keys, place, kept }: PlannedBuild, session: Session): Promise<void> {
  const seen = session.seen;
  for (const [at, unit] of matchUnits(graph, seen)) {
    const key = keys[at];
    const entry = captureEntry(unit.request, unit.place, unit.immutable, place);
    if (key === undefined || entry === undefined) continue;
    const adopted = unit.adopted ? { adopted: true } : {};
    session.store.putReplay(key, { instance: unit.instance, entry: encodeEntry({ ...entry, ...adopted }) });
  }
  await kept;
}
