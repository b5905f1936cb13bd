// SPDX-License-Identifier: MIT OR Apache-2.0
import { classifyEnv } from "../../cargo/env-policy.ts";

/** Cargo sets them, but from what no fingerprint tells of. */
const UNTOLD = new Set(["RUSTC_LINKER", "RUSTC_WORKSPACE_WRAPPER"]);
/** Who builds, where and in which language: taken to be as it was. */
const SETTLED = /^(HOME|USER|LOGNAME|LANG|LC_\w+|TMPDIR|TEMP|TMP|CARGO_HOME|RUSTUP_HOME|RUSTUP_TOOLCHAIN)$/;

/**
 * The first variable in a key whose value at the time of a build is not known: neither declared, so that its value
 * was compared, nor set by Cargo from what its fingerprint covers. Undefined if there is none.
 *
 * @param labels of a key's inputs: those of variables are `env NAME`
 */
export function unprovenVariable(
  labels: readonly string[],
  declared: ReadonlySet<string>,
): string | undefined {
  return labels
    .flatMap((label) => /^env (.+)$/s.exec(label)?.[1] ?? [])
    .find((name) => {
      if (declared.has(name) || SETTLED.test(name)) return false;
      return classifyEnv(name) !== "cargo" || UNTOLD.has(name);
    });
}
