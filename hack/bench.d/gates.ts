// SPDX-License-Identifier: MIT OR Apache-2.0
// What a run may have compiled. One that compiled anything else measured something else.
import type { CompilerCall } from "./counting.ts";
import type { Scenario } from "./scenarios.ts";

/** What a run is judged by. */
export interface GateFacts {
  readonly scenario: Scenario;
  /** Compilations of a plain cold build of the same project and profile; 0 if it is not known. */
  readonly units: number;
  /** Packages that the bump of the leaf concerns. */
  readonly dependents: readonly string[];
  readonly leaf: string | undefined;
  /** Packages of the workspace. */
  readonly members: readonly string[];
  /** The tool does not cache what is linked, and says so. */
  readonly linksUncached: boolean;
  /** Members are compiled incrementally, which need not be cached. */
  readonly incremental: boolean;
}

const LINKED = new Set(["bin", "dylib", "cdylib", "proc-macro", "test"]);
const NAMED = 5;
const TOO_MUCH = "compiled ";

/** True if the run did all that it was to do, and more. */
export function didTooMuch(objection: string | undefined): boolean {
  return objection?.startsWith(TOO_MUCH) === true;
}

/** Why a run does not count; undefined if it does. */
export function objectionTo(calls: readonly CompilerCall[], facts: GateFacts): string | undefined {
  const compiled = calls.filter(({ kind }) => kind === "compile");
  if (facts.scenario === "cold") {
    return compiled.length < facts.units
      ? `not cold: compiled ${compiled.length} of ${facts.units}`
      : undefined;
  }
  const wrong = compiled.filter((call) => !mayCompile(call, facts));
  if (wrong.length > 0) return `${TOO_MUCH}${wrong.length} that it should not: ${enumerate(wrong)}`;
  const missed = (packages: readonly string[]) => !compiled.some((call) => packages.includes(call.package));
  if (facts.scenario === "bump" && missed([facts.leaf ?? ""])) return "did not compile the bumped crate";
  if (facts.scenario === "edit" && missed(facts.members)) return "did not compile the edited crate";
  return undefined;
}

function mayCompile(call: CompilerCall, facts: GateFacts): boolean {
  const { scenario, dependents, members, linksUncached, incremental } = facts;
  if (scenario === "noop") return false;
  if (scenario === "edit") return members.includes(call.package);
  if (scenario === "bump" && dependents.includes(call.package)) return true;
  if (linksUncached && call.types.some((type) => LINKED.has(type))) return true;
  return incremental && members.includes(call.package);
}

function enumerate(calls: readonly CompilerCall[]): string {
  const names = calls.slice(0, NAMED).map((call) => call.crate);
  return calls.length > NAMED ? `${names.join(", ")}, …` : names.join(", ");
}
