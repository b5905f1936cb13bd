// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitStore } from "../../store/store.ts";
import { captureEntry } from "../replay/capture-entry.ts";
import { encodeEntry } from "../replay/entry.ts";
import { matchUnits } from "../replay/match-units.ts";
import type { PlannedBuild } from "../replay/plan-build.ts";
import type { UnitFate } from "./unit-fate.ts";

/** Notes how units that were found in a target directory are laid down by the next build. */
export function noteUnits(
  { graph, keys, place }: PlannedBuild,
  units: readonly UnitFate[],
  store: Pick<UnitStore, "putReplay">,
): void {
  for (const [at, unit] of matchUnits(graph, units)) {
    const key = keys[at];
    if (key === undefined || unit.kind === "left") continue;
    // What would be of no use elsewhere (a script that declares nothing) was not adopted.
    const entry = captureEntry(unit.request, unit.place, true, place);
    if (entry === undefined) continue;
    const adopted = unit.byCargo ? { adopted: true } : {};
    store.putReplay(key, { instance: unit.instance, entry: encodeEntry({ ...entry, ...adopted }) });
  }
}
