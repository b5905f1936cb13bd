// SPDX-License-Identifier: MIT OR Apache-2.0

import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Check, type Finding, reasonOf } from "./finding.ts";

/** With less free space than this, the next build may fill the disk. */
const LOW_SPACE = 5e9; // 5 GB
/** With less than this, it will. */
const NO_SPACE = 500e6; // 500 MB
/** Files whose times are this far off from the clock make freshness a matter of luck. */
const SKEW_MS = 1000; // 1 second
/** A clock that is before this was never set: this program is younger. */
const PAST = Date.UTC(2026, 0, 1);

/** Space where the cache is, and whether its clock is ours. `formatSize` writes bytes for people. */
export function checkMachine(formatSize: (bytes: number) => string): Check {
  return async ({ resolved }) => {
    const { cacheDir } = resolved.config;
    const probe = join(cacheDir, `.${randomUUID()}.probe`);
    try {
      mkdirSync(cacheDir, { recursive: true });
      const before = Date.now();
      writeFileSync(probe, "");
      const { mtimeMs } = statSync(probe);
      rmSync(probe);
      return [disk(cacheDir, formatSize), clock(mtimeMs, before, Date.now())];
    } catch (thrown) {
      const says = `nothing can be written to "${cacheDir}": ${reasonOf(thrown)}`;
      return [{ check: "disk", status: "problem", says, todo: "set cache-dir to a directory of yours" }];
    }
  };
}

function disk(directory: string, formatSize: (bytes: number) => string): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const says = `${formatSize(free)} free where the cache is`;
  if (free >= LOW_SPACE) return { check: "disk", status: "ok", says };
  const todo = "run `cargo green cache prune --keep-size 5GB`, or set cache-dir to a larger disk";
  return { check: "disk", status: free < NO_SPACE ? "problem" : "warning", says, todo };
}

function clock(fileMs: number, before: number, after: number): Finding {
  const check = "clock";
  if (before < PAST) {
    const says = `the clock says ${new Date(before).toISOString()}, so it was never set`;
    return { check, status: "problem", says, todo: "set the clock: ages and freshness go by it" };
  }
  const off = fileMs < before ? before - fileMs : Math.max(0, fileMs - after);
  if (off <= SKEW_MS) return { check, status: "ok", says: "the clock and the cache's file system agree" };
  const says = `files in the cache get times that are ${Math.round(off / 1000)} s off from the clock`;
  return {
    check,
    status: "warning",
    says,
    todo: "synchronise both machines' clocks, or use a local cache-dir",
  };
}
