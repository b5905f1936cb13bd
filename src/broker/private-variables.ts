// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv } from "../cargo/env-policy.ts";
import { isPlainVariable } from "../cargo/plain-variable.ts";
import type { Inputs } from "../unit/record.ts";

/**
 * Of those that Cargo sets, what it sets for compilations alone: a build script has it from whoever started Cargo, such
 * as a program that Cargo started.
 */
const NOT_FOR_SCRIPTS =
  /^CARGO_(BIN_NAME|BIN_EXE_.*|CRATE_NAME|PRIMARY_PACKAGE|TARGET_TMPDIR|SBOM_PATH|RUSTC_CURRENT_DIR)$/s;

/**
 * Which variable among the inputs of a unit says something that only this user says, as the reason that the unit is
 * private; undefined if none does. Variables that are neither Cargo's nor native builds' are looked at elsewhere.
 *
 * @param allowed names that the user declares to be everybody's
 */
export function privateVariable(inputs: Inputs, allowed: readonly string[]): string | undefined {
  const isRun = "build script" in inputs;
  for (const [label, value] of Object.entries(inputs)) {
    if (!label.startsWith("env ") || !value.startsWith("=")) continue;
    const name = label.slice("env ".length);
    const kind = classifyEnv(name);
    const isOwn =
      kind === "allowed"
        ? !isPlainVariable(name, value.slice(1))
        : kind === "cargo" && isRun && NOT_FOR_SCRIPTS.test(name);
    if (isOwn && !allowed.includes(name)) return `was told ${name}, which you set`;
  }
  return undefined;
}
