// SPDX-License-Identifier: MIT OR Apache-2.0
import { formatCount, plural } from "./count.ts";

/** How many units ended in which way. */
export interface BuildCounts {
  readonly replayed: number;
  readonly restored: number;
  readonly built: number;
  readonly uncached: number;
  /** What the replayed and restored units took when they were compiled, summed; milliseconds. */
  readonly savedMs: number;
}

/** The line after a build; undefined when Cargo needed nothing, as there is nothing to say then. */
export function buildSummary(counts: BuildCounts): string | undefined {
  const { replayed, restored, built, uncached, savedMs } = counts;
  const units = replayed + restored + built + uncached;
  if (units === 0) return undefined;
  const parts = [plural(units, "unit")];
  if (replayed > 0) parts.push(`${formatCount(replayed)} replayed`);
  parts.push(`${formatCount(restored)} restored`, `${formatCount(built)} built`);
  if (uncached > 0) parts.push(`${formatCount(uncached)} not cached`);
  if (savedMs >= 500) parts.push(`about ${formatCount(Math.round(savedMs / 1000))} s of compiling saved`);
  if (built > 0 && replayed + restored > 0)
    parts.push(`\`cargo green cache why\` for the ${formatCount(built)}`);
  return parts.join(" · ");
}
