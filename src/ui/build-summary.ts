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

/**
 * The line before Cargo starts: `44 of 48 units from the cache (team: 12, local: 32) in 0.18 s`.
 * @param origins names of remotes by instance, of what came from one in this build
 */
export function replaySummary(
  planned: number,
  units: readonly { readonly outcome: string; readonly instance?: string | undefined }[],
  origins: ReadonlyMap<string, string> | undefined,
  seconds: number,
): string {
  const laid = units.filter(({ outcome }) => outcome === "replayed");
  const from = Map.groupBy(laid, ({ instance }) => origins?.get(instance ?? "") ?? "local");
  const places = [...from].map(([name, each]) => `${name}: ${formatCount(each.length)}`);
  const where = from.size === 1 && from.has("local") ? "" : ` (${places.join(", ")})`;
  return `${formatCount(laid.length)} of ${plural(planned, "unit")} from the cache${where} in ${seconds.toFixed(2)} s`;
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
