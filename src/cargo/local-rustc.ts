// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { runProgram } from "./run-program.ts";
import { parseRustcVersion, type RustcIdentity } from "./toolchain.ts";

/**
 * What the rustc says of itself that Cargo would use in a directory without further settings: $RUSTC, else `rustc`.
 * @throws GreenError "environment" if it does not answer
 */
export async function localRustc(
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Pick<RustcIdentity, "release" | "host" | "commit">> {
  const env = Object.entries(variables).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const program = variables["RUSTC"] || "rustc";
  const answer = await runProgram(program, ["-vV"], new Map(env), cwd);
  const version = answer.code === 0 ? parseRustcVersion(answer.stdout) : undefined;
  if (version !== undefined) return version;
  throw new GreenError("environment", `\`${program} -vV\` does not say which rustc this is`, {
    hint: "install Rust, or set RUSTC",
  });
}
