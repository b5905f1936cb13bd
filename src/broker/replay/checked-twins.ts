// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GraphUnit } from "../../cargo/unit-graph.ts";

/** A target as it is, or its test harness. */
export type CheckedTwin = "plain" | "harness";

/**
 * Which is which of the units that are checked both as they are and as a test harness, by position. The graph says
 * `check` of both, and without dev-dependencies only their order tells them apart: Cargo sorts units by package,
 * target, profile, platform, and then by mode, in which the harness comes second (cargo 1.95: `UnitInner` and
 * `CompileMode` are `Ord`). Of one that is alone it cannot be told what it is.
 */
export function checkedTwins(units: readonly GraphUnit[]): ReadonlyMap<number, CheckedTwin> {
  const first = new Map<string, number>();
  const twins = new Map<number, CheckedTwin>();
  for (const [at, { packageId, target, profile, platform, mode, features }] of units.entries()) {
    if (mode !== "check") continue;
    const facts = JSON.stringify([packageId, target, profile.json, platform ?? null, features]);
    const other = first.get(facts);
    if (other === undefined) first.set(facts, at);
    else twins.set(other, "plain").set(at, "harness");
  }
  return twins;
}
