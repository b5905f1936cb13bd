// SPDX-License-Identifier: MIT OR Apache-2.0
import { type FailureCause, needsNetwork } from "../runner/host/failure.ts";
import type { ChildResult } from "./protocol.ts";
import type { UnitToRun } from "./unit-runner.ts";

/** A run that failed in the sandbox, and which variables it was not shown. */
export interface FailedRun {
  readonly result: ChildResult;
  readonly hidden: readonly string[];
}

/** The hidden variables that a run declared. What a compilation declares is only there if it ended well. */
export async function declaredOf(
  unit: Pick<UnitToRun, "isRustc" | "declared">,
  result: ChildResult,
  hidden: readonly string[],
): Promise<readonly string[]> {
  if (hidden.length === 0 || !result.complete || (unit.isRustc && hasFailed(result))) return [];
  const declared = await unit.declared(result);
  return hidden.filter((name) => declared.includes(name));
}

/** A reason not to record a unit that worked only without the sandbox: what it read or wrote in secret would be missing, or old, where its record is used. */
export async function objectionTo(
  unit: Pick<UnitToRun, "isRustc" | "hides" | "declared" | "declaresElsewhere">,
  cause: FailureCause,
  result: ChildResult,
  hidden: readonly string[],
): Promise<string | undefined> {
  if (cause === "read-only") return "it writes outside of its output directory";
  if (needsNetwork(cause) || !unit.hides) return undefined;
  const isExplained =
    result.complete &&
    ((cause !== "hidden-variable" && (await unit.declaresElsewhere(result))) ||
      (cause !== "hidden-file" && (await declaredOf(unit, result, hidden)).length > 0));
  if (isExplained) return undefined;
  const needed = cause === "hidden-file" ? "files" : cause === "hidden-variable" ? "variables" : "something";
  return `it needs ${needed} that it does not declare`;
}

/** By a status other than 0, or by a signal. */
export function hasFailed({ exit }: ChildResult): boolean {
  return exit.how !== "exited" || exit.code !== 0;
}
