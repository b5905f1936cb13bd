// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ContainerUnit, OUTPUT } from "./container-unit.ts";

/**
 * Runs its arguments with their streams and status in files, and succeeds whatever they come to: so a unit's failure is
 * a result as any other. It fails only where it cannot write. The subshell keeps what the shell says of a program that
 * was killed out of the files.
 */
const SCRIPT = [
  `mkdir ${OUTPUT.files}`,
  `{ (exec "$@" >${OUTPUT.stdout} 2>${OUTPUT.stderr}); echo $? >${OUTPUT.status}; }`,
].join(" && ");

/**
 * The command that runs a unit in a container and leaves `OUTPUT`. Its environment is set by `env`: shells hand on
 * variables of their own (PWD, SHLVL), and dash drops those whose names it could not assign to, such as
 * `CARGO_BIN_EXE_my-tool`.
 */
export function unitCommand({ env, argv }: ContainerUnit): readonly string[] {
  const variables = [...env].map(([name, value]) => `${name}=${value}`).sort();
  return ["/bin/sh", "-c", SCRIPT, "sh", "env", "-i", ...variables, ...argv];
}
