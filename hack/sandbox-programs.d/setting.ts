// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * The last line below a failed unit's output that says what would help, and the one setting that it names:
 * `cargo-green: NAME did something (CARGOGREEN_SANDBOX=enforce); do so (CARGOGREEN_X=value)`.
 */
export function settingNamedIn(
  stderr: string,
): { readonly setting: string; readonly message: string } | undefined {
  const line = stderr
    .split("\n")
    .map((each) => each.trim())
    .findLast((each) => each.startsWith("cargo-green: ") && each.includes("(CARGOGREEN_SANDBOX=enforce); "));
  const [, message = "", setting] =
    /^(?:cargo-green: )(.*\((CARGOGREEN_[A-Z_]+=[^\s()]+)\))$/.exec(line ?? "") ?? [];
  return setting === undefined ? undefined : { setting, message };
}
