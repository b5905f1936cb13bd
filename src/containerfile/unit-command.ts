// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ContainerUnit, outputIn } from "./container-unit.ts";

const { files, stdout, stderr, status } = outputIn("$0");

/**
 * Runs its arguments with their streams and status in files, and succeeds whatever they come to: so a unit's failure is
 * a result as any other. It fails only where it cannot write. The subshell keeps what the shell says of a program that
 * was killed out of the files.
 */
const SCRIPT = `mkdir "${files}" && { (exec "$@" >"${stdout}" 2>"${stderr}"); echo $? >"${status}"; }`;

/**
 * The command that runs a unit in a container and leaves its output. Its environment is set by `env`: shells hand on
 * variables of their own (PWD, SHLVL), and dash drops those whose names it could not assign to, such as
 * `CARGO_BIN_EXE_my-tool`.
 */
export function unitCommand({ env, argv, output }: ContainerUnit): readonly string[] {
  const variables = [...env].map(([name, value]) => `${name}=${value}`).sort();
  return ["/bin/sh", "-c", SCRIPT, output, "env", "-i", ...variables, ...argv];
}
