// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import type { RustcInvocation } from "../../cargo/rustc-argv.ts";
import { isWorkspaceRoot, REMAPPED_CARGO_HOME } from "../remap.ts";
import { REAL_SUFFIX } from "../stand-in.ts";
import type { PlacedOutput, UnitPlan } from "../unit-plan.ts";
import { type Left, left } from "./left.ts";

export interface CompiledFiles {
  readonly plan: UnitPlan;
  readonly parsed: RustcInvocation;
  readonly outputs: readonly PlacedOutput[];
  readonly cargoHome: string;
  /** True if no other checkout can have built here. */
  readonly isOwnTarget: boolean;
}

/**
 * Whether a compilation has its sources' own paths in it, as plain Cargo gives them: cargo-green and other wrappers
 * replace them, and checkouts of one project that share a target directory have the same file names in it. No
 * fingerprint tells of either. Metadata always has the paths, debug information if there is some; other executables
 * show at most what they were replaced by.
 */
export async function objectionToPaths(files: CompiledFiles): Promise<Left | undefined> {
  const { plan, parsed, outputs, cargoHome, isOwnTarget } = files;
  const { package: own, run } = plan;
  const isMember = !own.immutable && isWorkspaceRoot(run.cwd, own.root);
  const read = outputs.filter(({ path, role }) => role !== "dep-info" && plan.isPrimary(path));
  const bytes = await Promise.all(read.map(({ file }) => readFile(file)));
  if (bytes.some((each) => each.includes(REAL_SUFFIX)))
    return left("unproven", "a stand-in of cargo-green lies in its place");
  if (bytes.some((each) => namesPath(each, isMember ? run.cwd : own.root))) return undefined;
  const wrapped = left("unproven", "a compiler wrapper may have replaced the paths in it");
  if (hasMetadata(parsed)) return wrapped;
  if (own.immutable) {
    const replaced = `${REMAPPED_CARGO_HOME}/`;
    const isPlain = `${cargoHome}/`.startsWith(replaced) || !bytes.some((each) => each.includes(replaced));
    return isPlain ? undefined : wrapped;
  }
  if (hasDebugInformation(parsed)) return wrapped;
  return isOwnTarget || !isMember ? undefined : left("unproven", FROM_ELSEWHERE);
}

/** Of what lies in a directory that several checkouts may build in. */
export const FROM_ELSEWHERE = "another checkout may have built it in the same directory";

/** Of an executable that is only checked, there is an empty file. */
function hasMetadata({ emit, crateTypes, test }: RustcInvocation): boolean {
  if (test || crateTypes.every((type) => type === "bin")) return false;
  return emit.includes("metadata") || crateTypes.includes("proc-macro") || crateTypes.includes("dylib");
}

function hasDebugInformation({ profile, rest, emit }: RustcInvocation): boolean {
  if (!emit.includes("link")) return false;
  const value = profile.findLast(({ name }) => name === "debuginfo")?.value ?? "0";
  return !["0", "none"].includes(value) || rest.some((word) => /^(-g|debuginfo=.*)$/.test(word));
}

/** rustc ends a text in metadata with this byte, of which no UTF-8 is made (`STR_SENTINEL` in rustc_serialize). */
const END_OF_TEXT = 0xc1;

/** True if a path stands in bytes with no name that goes on after it. */
function namesPath(bytes: Buffer, path: string): boolean {
  for (let at = bytes.indexOf(path); at >= 0; at = bytes.indexOf(path, at + 1)) {
    const next = bytes[at + Buffer.byteLength(path)] ?? 0;
    const goesOn = /[\w\-~+@%.]/.test(String.fromCharCode(next)) || (next >= 0x80 && next !== END_OF_TEXT);
    if (!goesOn) return true;
  }
  return false;
}
