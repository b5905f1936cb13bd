// SPDX-License-Identifier: MIT OR Apache-2.0
import { causeOfFailure, mayBeSandbox } from "../../runner/host/failure.ts";
import type { ChildResult } from "../protocol.ts";
import { objectionTo } from "../undeclared.ts";
import type { UnitToRun } from "../unit-runner.ts";

/** True if a unit of a package that can change may have failed for want of a file of its workspace. */
export function looksFurther({ isRustc, around }: UnitToRun, { stdout, stderr }: ChildResult): boolean {
  if (around === undefined) return false;
  const said = stderr.toString("latin1");
  if (isRustc) return mayBeSandbox(said) && causeOfFailure(said) === "hidden-file";
  return causeOfFailure(`${said}\n${stdout.toString("latin1")}`) === "hidden-file";
}

/** A reason not to record a unit that works only with the workspace in sight: undefined if it declares what it read there. */
export function undeclaredFiles(unit: UnitToRun, result: ChildResult): Promise<string | undefined> {
  return objectionTo({ ...unit, hides: true }, "hidden-file", result, []);
}
