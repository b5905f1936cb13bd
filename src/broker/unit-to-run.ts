// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitStore } from "../store/store.ts";
import { unitName } from "../ui/unit-name.ts";
import { preKeyOf } from "../unit/key.ts";
import { declaredElsewhere } from "./input-sets.ts";
import type { UnitPlan } from "./unit-plan.ts";
import type { UnitToRun } from "./unit-runner.ts";

/** A planned unit, to be run. What earlier runs of the same unit declared is shown from the start. */
export function unitToRun(plan: UnitPlan, store: Pick<UnitStore, "inputSets">): UnitToRun {
  const { compiler, argv, programs, command, cwd, confinement, elsewhere, around, hidesVariables } = plan.run;
  const sets = store.inputSets(preKeyOf(plan.fixed));
  const keyed = Object.keys(plan.fixed).filter((label) => label.startsWith("env "));
  const isRustc = plan.identity.kind !== "build-script-run";
  const covered = [plan.package.root, plan.place];
  const declared = declaredElsewhere(
    sets.flatMap(({ files }) => files),
    plan.roots,
    covered,
  );
  return {
    package: plan.package,
    name: unitName(plan.identity),
    identity: plan.identity,
    compiler,
    isRustc,
    cwd,
    env: plan.env,
    argv,
    command,
    programs,
    confinement: { ...confinement, readOnly: [...confinement.readOnly, ...declared] },
    roots: plan.roots,
    place: plan.place,
    elsewhere: [...elsewhere, ...declared],
    around,
    reads: new Set([...keyed.map((label) => label.slice("env ".length)), ...sets.flatMap(({ env }) => env)]),
    hides: hidesVariables,
    declared: async ({ stdout }) => (await plan.discover({ captured: [], stdout })).env,
    declaresElsewhere: async ({ stdout }) => {
      const { files } = await plan.discover({ captured: [], stdout });
      return declaredElsewhere(files, plan.roots, covered).length > 0;
    },
    beforeRerun: () => plan.beforeRerun(),
  };
}
