// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import { looksSecret } from "../../cargo/env-policy.ts";
import { type CargoInvocation, ownArguments } from "../../cargo/invocation.ts";
import { VERSION } from "../../version.ts";
import { type FileState, stateOf } from "./file-state.ts";

export interface CompilerFacts {
  readonly env: NodeJS.ProcessEnv;
  /** From `toolchainFiles`. */
  readonly toolchain: readonly string[];
}

export interface GraphKeyFacts extends CompilerFacts {
  readonly invocation: CargoInvocation;
  readonly cwd: string;
}

/** What configures Cargo, rustup and the compiler by a variable. */
const RELEVANT = /^(?:CARGO_|RUST|__CARGO|__RUST)|^(?:CARGO|HOME)$/;
/** What of it says only how things look, or differs from one process to the next. */
const IRRELEVANT =
  /^(?:CARGO_(?:TERM_.*|LOG|MAKEFLAGS)|RUST_(?:LOG|BACKTRACE|LIB_BACKTRACE|RECURSION_COUNT)|RUSTC_WRAPPER|CARGO_BUILD_RUSTC_WRAPPER|RUSTUP_TOOLCHAIN_SOURCE)$/;

/** The name under which a graph is remembered: all that Cargo is told, and what answers. sha256, hex. */
export function graphKey({ invocation, env, cwd, toolchain }: GraphKeyFacts): string {
  const { args, subcommandAt = 0, subcommand, toolchain: named } = invocation;
  const question = [named, args.slice(0, subcommandAt), subcommand, ownArguments(invocation)];
  return hash("sha256", JSON.stringify([VERSION, question, cwd, ...answering(env, toolchain)]), "hex");
}

/** The name under which a compiler's answers to Cargo are remembered. `shim` stands in front of it. sha256, hex. */
export function compilerKey({ env, toolchain }: CompilerFacts, shim: string): string {
  return hash("sha256", JSON.stringify([VERSION, ...answering(env, [...toolchain, shim])]), "hex");
}

/** The variables that count, and the programs as they are. */
function answering(env: NodeJS.ProcessEnv, programs: readonly string[]): readonly unknown[] {
  const variables = Object.entries(env)
    .filter(([name]) => RELEVANT.test(name) && !IRRELEVANT.test(name) && !looksSecret(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [variables, programs.map((path): readonly [string, FileState] => [path, stateOf(path)])];
}
