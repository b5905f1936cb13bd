// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv } from "../cargo/env-policy.ts";
import type { UnitToRun } from "./unit-runner.ts";

type Env = ReadonlyMap<string, string>;

export interface VariablePolicy {
  /** Names that every unit may see. */
  readonly setEnvs: readonly string[];
  /** The environment that Cargo was started with: what differs from it is Cargo's doing. Undefined if not known. */
  readonly ambient: Env | undefined;
}

/** Of the variables that are set, and that nobody would expect a unit to see. Sorted. */
export interface SortedVariables {
  readonly hidden: readonly string[];
  readonly seen: readonly string[];
}

/**
 * Which of the variables that are set a unit does not see, and which it sees although nobody would expect it.
 * @param shown those that it turned out to read
 */
export function sortVariables(
  unit: Pick<UnitToRun, "env" | "hides" | "reads">,
  shown: ReadonlySet<string>,
  policy: VariablePolicy,
): SortedVariables {
  if (!unit.hides) return { hidden: [], seen: [] };
  const foreign = [...unit.env.keys()].filter((name) => classifyEnv(name) === "foreign").sort();
  const own = (name: string) => isCargos(name, unit.env, policy);
  const visible = (name: string) =>
    own(name) || shown.has(name) || unit.reads.has(name) || policy.setEnvs.includes(name);
  return {
    hidden: foreign.filter((name) => !visible(name)),
    seen: foreign.filter((name) => visible(name) && !own(name)),
  };
}

/** Those of the variables that are set, and that are neither Cargo's nor on the documented list. */
export function foreignVariables(
  names: readonly string[],
  env: Env,
  policy: Pick<VariablePolicy, "ambient">,
): readonly string[] {
  return names.filter(
    (name) => env.has(name) && classifyEnv(name) === "foreign" && !isCargos(name, env, policy),
  );
}

/** Set by Cargo, its configuration or a build script: it is other than where Cargo was started. */
function isCargos(name: string, env: Env, { ambient }: Pick<VariablePolicy, "ambient">): boolean {
  return ambient !== undefined && ambient.get(name) !== env.get(name);
}
