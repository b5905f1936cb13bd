// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import type { RustcInvocation } from "../../cargo/rustc-argv.ts";
import { isWorkspaceRoot, REMAPPED_CARGO_HOME } from "../remap.ts";
import type { PlacedOutput, UnitPlan } from "../unit-plan.ts";

export interface CompiledFiles {
  readonly plan: UnitPlan;
  readonly parsed: RustcInvocation;
  readonly outputs: readonly PlacedOutput[];
  readonly cargoHome: string;
}

/**
 * True if a compilation has its sources' own paths in it, as plain Cargo gives them: cargo-green and other wrappers
 * replace them, of which no fingerprint tells. Metadata always has them, debug information if there is some; other
 * executables show at most what they were replaced by.
 */
export async function hasPlainPaths({ plan, parsed, outputs, cargoHome }: CompiledFiles): Promise<boolean> {
  const { package: own, run } = plan;
  const isOfWorkspace = !own.immutable && isWorkspaceRoot(run.cwd, own.root);
  const place = isOfWorkspace ? run.cwd : own.root;
  const files = outputs.filter(({ path, role }) => role !== "dep-info" && plan.isPrimary(path));
  const bytes = await Promise.all(files.map(({ file }) => readFile(file)));
  const hasOwn = bytes.some((each) => each.includes(place));
  if (hasMetadata(parsed)) return hasOwn;
  if (!own.immutable) return hasOwn || !hasDebugInformation(parsed);
  const replaced = `${REMAPPED_CARGO_HOME}/`;
  return `${cargoHome}/`.startsWith(replaced) || !bytes.some((each) => each.includes(replaced));
}

function hasMetadata({ emit, crateTypes }: RustcInvocation): boolean {
  return emit.includes("metadata") || crateTypes.includes("proc-macro") || crateTypes.includes("dylib");
}

function hasDebugInformation({ profile, rest }: RustcInvocation): boolean {
  const value = profile.findLast(({ name }) => name === "debuginfo")?.value ?? "0";
  return !["0", "none"].includes(value) || rest.some((word) => /^(-g|debuginfo=.*)$/.test(word));
}
