// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { placeInTarget } from "../../cargo/target-layout.ts";
import { lockPlaces } from "../replay/lock-places.ts";
import type { PlannedBuild } from "../replay/plan-build.ts";
import { openTarget } from "../replay/target-writer.ts";
import { shapeOf } from "./asked-shape.ts";
import type { AskedUnit } from "./scratch-build.ts";

/**
 * Keeps other Cargos from writing where these units are, as Cargo itself does; only by locks that are there, as
 * nothing is made in the user's directories. `blocked` is called if somebody else builds there now.
 * @returns what lets go
 */
export async function lockDirectories(
  { shim, cargo, artifacts, place: { target: build } }: PlannedBuild,
  asked: readonly AskedUnit[],
  blocked: () => void,
): Promise<() => Promise<void>> {
  const profiles = asked.flatMap(({ request }) => {
    const shape = shapeOf(request);
    if (shape.kind === "other") return [];
    const triple = shape.kind === "run" ? request.env.get("TARGET") : shape.parsed.target;
    const place = placeInTarget(shape.place, triple);
    return place?.root === build ? relative(build, place.profileDir) : [];
  });
  // Cargo takes the host's first.
  const sorted = [...new Set(profiles)].sort((a, b) => a.length - b.length);
  const files = lockPlaces({ cargo, artifacts, build, profiles: sorted }).filter((file) => existsSync(file));
  if (files.length === 0) return async () => {};
  const target = await openTarget(shim, files, blocked);
  return () => target.release();
}
