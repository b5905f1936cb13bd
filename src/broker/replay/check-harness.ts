// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GraphUnit } from "../../cargo/unit-graph.ts";

/**
 * Positions of the units that are a test harness beside the same target as it is. The graph says `check` of both, and
 * without dev-dependencies nothing else tells them apart but their order: Cargo sorts units by package, target,
 * profile, platform and then mode, the harness second (cargo 1.95: `UnitInner` and `CompileMode` are `Ord`).
 */
export function checkedHarnesses(units: readonly GraphUnit[]): ReadonlySet<number> {
  const seen = new Set<string>();
  const harnesses = new Set<number>();
  for (const [at, { packageId, target, profile, platform, mode, features }] of units.entries()) {
    if (mode !== "check") continue;
    const { name, version, source } = packageId;
    const facts = [name, version, source, target, profile.json, platform ?? null, features];
    const text = JSON.stringify(facts);
    if (seen.has(text)) harnesses.add(at);
    seen.add(text);
  }
  return harnesses;
}
