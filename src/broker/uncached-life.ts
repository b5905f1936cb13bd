// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import type { UnitIdentity } from "../unit/record.ts";
import type { PlanContext } from "./plan-context.ts";
import { type ChildResult, type FinalAnswer, finishLike, type ShimRequest } from "./protocol.ts";
import { refusal } from "./refusal.ts";
import { scriptExecutable } from "./script-executable.ts";
import { replaceByStandIn } from "./stand-in.ts";
import type { AskingShim, UnitRunner } from "./unit-runner.ts";
import { untouchedUnit } from "./untouched-unit.ts";

/** What the life of a unit that is not cached uses. */
export interface UncachedServices extends Pick<PlanContext, "machine" | "shim"> {
  readonly runner: UnitRunner;
  /** True if nothing may be run by the shim as Cargo asked for it. */
  readonly enforced: boolean;
}

/**
 * Answers a request that is not cached. It is plain Cargo's affair, unless nothing may run without a sandbox. But a
 * build script makes room for its stand-in even so: its runs are units of their own, to be kept in and cached.
 */
export async function liveUncached(
  request: ShimRequest,
  identity: UnitIdentity | undefined,
  services: UncachedServices,
  asking: AskingShim,
): Promise<FinalAnswer> {
  const { shim, runner, enforced } = services;
  const isScript = identity?.kind === "build-script" && shim !== undefined;
  if (!enforced) {
    if (!isScript) return { kind: "exec" };
    const result = await asking.run({});
    // Where it fails, Cargo runs the script itself.
    if (hasSucceeded(result)) await standInFor(request, shim).catch(() => undefined);
    return finishLike(result);
  }
  const unit = await untouchedUnit(request, services);
  if (unit === undefined) return { kind: "exec" };
  const { result, answer } = await runner.run(unit, asking);
  if (!isScript || !hasSucceeded(result)) return answer;
  try {
    await standInFor(request, shim);
    return answer;
  } catch (thrown) {
    return refusal(`${unit.name} could not be replaced: ${GreenError.from(thrown).message}`);
  }
}

function hasSucceeded({ exit }: ChildResult): boolean {
  return exit.how === "exited" && exit.code === 0;
}

async function standInFor({ argv, role, cwd }: ShimRequest, shim: string): Promise<void> {
  const executable = scriptExecutable(argv.slice(role === "workspace-wrapper" ? 2 : 1), cwd);
  if (executable !== undefined) await replaceByStandIn(executable, shim);
}
