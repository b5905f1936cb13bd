// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GreenError } from "../../error.ts";
import type { Session } from "../session.ts";
import type { BuildTarget } from "./build-target.ts";
import type { BeforeCargo, PlannedBuild } from "./plan-build.ts";
import { replay } from "./replay.ts";

/** What goes on beside replaying. */
export interface DuringReplay extends Pick<BeforeCargo, "log"> {
  readonly target: BuildTarget;
  /** Starts Cargo, unless it was started. */
  readonly startCargo: () => void;
  /** Told how many units lie in place, before Cargo looks at them. */
  readonly onLaid: (units: number) => void;
}

/**
 * Lays down what the store has of a planned build, and starts Cargo at the latest then. Never throws: what is not laid
 * down is Cargo's and the shim's.
 */
export async function replayBuild(
  planned: PlannedBuild,
  session: Session,
  { log, target, startCargo, onLaid }: DuringReplay,
): Promise<void> {
  let lookAhead = async () => {};
  try {
    lookAhead = await replay(planned, planned.place, {
      store: session.store,
      shim: planned.shim,
      lookUp: session.lookUps(),
      announce: (found) => session.announce(found),
      laid: (found) => session.laid(found),
      finished: () => onLaid(session.counts.replayed),
      open: (profiles) => target.open(planned, profiles),
      stamp: kernelTime,
    });
  } catch (thrown) {
    log(`replay: ${GreenError.from(thrown).stack}`);
  }
  await target.close();
  target.make(planned);
  startCargo();
  await lookAhead();
  if (session.counts.replayed < planned.graph.units.length) await session.getReady(planned.place.ambient);
}

/** The kernel's own clock is coarser than ours, and behind it: files must not be younger than it says. */
function kernelTime(directory: string): number {
  const path = join(directory, `.green-${randomUUID()}`);
  try {
    writeFileSync(path, "");
    return Math.floor(statSync(path).mtimeMs * 1000) / 1e6; // never rounded up
  } finally {
    rmSync(path, { force: true });
  }
}
