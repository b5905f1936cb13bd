// SPDX-License-Identifier: MIT OR Apache-2.0
import { namedIn } from "../../runner/host/failure.ts";
import type { ChildResult } from "../protocol.ts";
import { declaredOf, hasFailed } from "../undeclared.ts";
import type { UnitToRun } from "../unit-runner.ts";
import { type SortedVariables, sortVariables, type VariablePolicy } from "../visible-variables.ts";

/**
 * Which variables a unit sees in a container. Compilations that declare all that they read see no others either: a
 * builder keeps what a unit was shown, tells it to whoever may use it, and has no result for a unit that was shown
 * something else. What becomes of an uncached unit's variables nobody knows: it sees all.
 */
export function containedVariables(
  unit: Pick<UnitToRun, "env" | "identity" | "reads">,
  shown: ReadonlySet<string>,
  policy: VariablePolicy,
): SortedVariables {
  return sortVariables({ ...unit, hides: unit.identity !== undefined }, shown, policy);
}

/**
 * Hidden variables that a unit turned out to read: those that it declared, and if it is a compilation that declares all,
 * those that it names as it fails, as `env!` does.
 */
export async function wantedVariables(
  unit: Pick<UnitToRun, "isRustc" | "hides" | "declared">,
  result: ChildResult,
  hidden: readonly string[],
): Promise<readonly string[]> {
  if (unit.isRustc && !unit.hides && hasFailed(result)) {
    return namedIn(result.stderr.toString("latin1"), hidden);
  }
  return declaredOf(unit, result, hidden);
}
