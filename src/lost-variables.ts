// SPDX-License-Identifier: MIT OR Apache-2.0

/** What `bin/cargo-green` hands over: `NAME=value` entries, each with a NUL behind it, as hexadecimal bytes. */
const LOST = "CARGOGREEN_LOST_VARIABLES";

/**
 * Puts back the variables that the shell before us forgot, as POSIX lets it do with names that are none in a shell:
 * `CC_x86_64-unknown-linux-gnu`, `my.option`. Those that are not UTF-8 stay away.
 */
export function restoreLostVariables(env: NodeJS.ProcessEnv): void {
  const lost = env[LOST];
  if (lost === undefined) return;
  delete env[LOST];
  const bytes = Buffer.from(lost.replaceAll(/\s/g, ""), "hex");
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes)) return;
  for (const entry of text.split("\0")) {
    const at = entry.indexOf("=", 1);
    if (at > 0) env[entry.slice(0, at)] ??= entry.slice(at + 1);
  }
}
