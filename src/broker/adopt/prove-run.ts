// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseBuildScriptOutput } from "../../cargo/build-script-output.ts";
import { isWorkspaceRoot } from "../remap.ts";
import { knowsGit } from "../script-inputs.ts";
import type { ExaminedUnit, ProofContext } from "./examined-unit.ts";
import { foreignInOutDir } from "./file-ages.ts";
import { COPIED, type Left, left } from "./left.ts";
import { FROM_ELSEWHERE } from "./plain-paths.ts";
import { unprovenVariable } from "./proven-environment.ts";

/** Why it cannot be told that a build script's run gave this, apart from its files' ages; undefined if it did. */
export async function objectionToRun(
  { plan, outputs, built }: ExaminedUnit,
  { ages, store, workspace, isOwnTarget }: Pick<ProofContext, "ages" | "store" | "workspace" | "isOwnTarget">,
): Promise<Left | undefined> {
  const { package: own } = plan;
  if (!own.immutable && isWorkspaceRoot(workspace, own.root) && !isOwnTarget)
    return left("unproven", FROM_ELSEWHERE);
  const foreign = foreignInOutDir(plan.place, outputs, built);
  if (foreign !== undefined) return left("changed", `"${foreign}" in OUT_DIR is not of its last run`);
  // Cargo compared the values of those that it declared: they are in its fingerprint.
  const declared = new Set(parseBuildScriptOutput(built.stdout).rerunIfEnvChanged);
  const variable = unprovenVariable(Object.keys(plan.fixed), declared);
  if (variable !== undefined) return left("unproven", `which value ${variable} had is not known`);
  if ("git state" in plan.fixed) {
    const [executable = ""] = plan.run.argv;
    if (await knowsGit(executable, await store.digestFile(executable), store))
      return left("unproven", "it may have asked git, whose state then is not known");
  }
  if (!built.isFromHere) return left("unproven", COPIED);
  const [packages, tools] = await Promise.all([ages.packages(plan.env), ages.tools(plan.env)]);
  if (packages >= built.start) return left("unproven", "the system's packages were changed since it ran");
  if (tools >= built.start) return left("unproven", "programs that it may call were changed since it ran");
  return undefined;
}
