// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { GreenError } from "../../error.ts";
import type { Session } from "../session.ts";
import { lockPlaces } from "./lock-places.ts";
import type { BeforeCargo, PlannedBuild } from "./plan-build.ts";
import { replay } from "./replay.ts";
import { openTarget } from "./target-writer.ts";

/**
 * Lays down what the store has of a planned build. Never throws: what is not laid down is Cargo's and the shim's.
 * Returns how many units.
 */
export async function replayBuild(
  planned: PlannedBuild,
  session: Session,
  { log, onStatus }: Pick<BeforeCargo, "log" | "onStatus">,
): Promise<number> {
  const blocked = () => onStatus("    Blocking waiting for file lock on build directory");
  try {
    await replay(planned, planned.place, {
      store: session.store,
      shim: planned.shim,
      lookUp: (request, results, prefer) => session.lookUp(request, results, prefer),
      announce: (found) => session.announce(found),
      laid: (found) => session.laid(found),
      open: (profiles) => {
        const { artifacts, cargo, place } = planned;
        const files = lockPlaces({ cargo, artifacts, build: place.target, profiles });
        for (const file of files) makeTarget(file, new Set([artifacts, place.target]));
        return openTarget(planned.shim, files, blocked);
      },
      stamp: kernelTime,
    });
  } catch (thrown) {
    log(`replay: ${GreenError.from(thrown).stack}`);
  }
  planned.rustcInfo?.lay();
  return session.counts.replayed;
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

/** As Cargo writes it into a target directory that it makes, so that backups leave it out: https://bford.info/cachedir/ */
const CACHEDIR_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by cargo.
# For information about cache directory tags see https://bford.info/cachedir/
`;

function makeTarget(file: string, roots: ReadonlySet<string>): void {
  for (const root of roots) {
    if (mkdirSync(root, { recursive: true }) !== undefined)
      writeFileSync(join(root, "CACHEDIR.TAG"), CACHEDIR_TAG);
  }
  mkdirSync(dirname(file), { recursive: true });
}
