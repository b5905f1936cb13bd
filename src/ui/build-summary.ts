// SPDX-License-Identifier: MIT OR Apache-2.0

/** How many units ended in which way. */
export interface BuildCounts {
  readonly restored: number;
  readonly built: number;
  readonly uncached: number;
  /** What the restored units took when they were compiled, summed; milliseconds. */
  readonly savedMs: number;
}

/** The line after a build; undefined when Cargo needed nothing, as there is nothing to say then. */
export function buildSummary(counts: BuildCounts): string | undefined {
  const { restored, built, uncached, savedMs } = counts;
  const units = restored + built + uncached;
  if (units === 0) return undefined;
  const parts = [`${units} ${units === 1 ? "unit" : "units"}`, `${restored} restored`, `${built} built`];
  if (uncached > 0) parts.push(`${uncached} not cached`);
  if (savedMs >= 500) parts.push(`about ${Math.round(savedMs / 1000) || 1} s of compiling saved`);
  if (built > 0 && restored > 0) parts.push(`\`cargo green cache why\` for the ${built}`);
  return parts.join(" · ");
}
