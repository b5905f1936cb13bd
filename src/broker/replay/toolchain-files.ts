// SPDX-License-Identifier: MIT OR Apache-2.0
import { basename, join, resolve } from "node:path";
import { nodeFiles } from "../../cargo/files.ts";
import type { CargoInvocation } from "../../cargo/invocation.ts";
import { resolveProgram } from "../../cargo/system.ts";
import { isRustupProxy } from "../../cargo/toolchain.ts";
import { namesIn } from "../../existing-files.ts";
import { cargoProgram } from "../cargo-process.ts";
import { rustupChoice, rustupHome } from "./rustup-choice.ts";

/**
 * The programs that answer for Cargo and the compiler, so that a change of one shows in its file: what Cargo itself
 * goes by when it keeps a compiler's answers (cargo 1.95, `rustc_fingerprint` in util/rustc.rs).
 * Undefined if that is up to rustup, by settings that are not understood.
 */
export async function toolchainFiles(
  { toolchain }: CargoInvocation,
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<readonly string[] | undefined> {
  const files = nodeFiles("utf8");
  const context = { files, env: new Map([["PATH", env["PATH"] ?? ""]]) };
  const named = [
    cargoProgram(toolchain, [], env).program,
    env["RUSTC"] || env["CARGO_BUILD_RUSTC"] || "rustc",
    env["RUSTC_WORKSPACE_WRAPPER"] || env["CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"],
  ].filter((program) => program !== undefined);
  const programs: string[] = [];
  for (const program of named) {
    const found = await resolveProgram(program.includes("/") ? resolve(cwd, program) : program, context);
    if (found === undefined) return undefined;
    programs.push(found);
  }
  const said = toolchain ?? env["RUSTUP_TOOLCHAIN"];
  if (said === undefined && !programs.some((program) => isRustupProxy(program, context))) return programs;
  const name = said ?? rustupChoice(env, cwd);
  const directory = name === undefined ? undefined : toolchainDirectory(name, env, cwd);
  if (directory === undefined) return undefined;
  return [...programs, ...["cargo", "rustc"].map((each) => join(directory, "bin", each))];
}

/** Whom to ask what the compiler is: the program itself rather than rustup's proxy, where it is known which that is. */
export function compilerProgram(files: readonly string[] | undefined, env: NodeJS.ProcessEnv): string {
  return env["RUSTC"] ?? programIn(files, "rustc") ?? "rustc";
}

/** The file of this name among those that `toolchainFiles` found. */
export function programIn(files: readonly string[] | undefined, name: string): string | undefined {
  return files?.findLast((path) => basename(path) === name);
}

/** `nightly` stands for the one toolchain `nightly-<triple>`; a path for itself. */
function toolchainDirectory(name: string, env: NodeJS.ProcessEnv, cwd: string): string | undefined {
  if (name.includes("/")) return resolve(cwd, name);
  const home = rustupHome(env);
  if (home === undefined) return undefined;
  const toolchains = join(home, "toolchains");
  const names = namesIn(toolchains);
  const isMeant = (each: string) =>
    each.startsWith(`${name}-`) && /^[a-z]\w*-\w+-/.test(each.slice(name.length + 1));
  const [meant, ...others] = names.includes(name) ? [name] : names.filter(isMeant);
  return meant === undefined || others.length > 0 ? undefined : join(toolchains, meant);
}
