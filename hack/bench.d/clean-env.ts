// SPDX-License-Identifier: MIT OR Apache-2.0

/** Variables that a build keeps: no settings of Cargo, of a cache, or of a CI service. */
const KEPT = new Set(
  "PATH HOME USER LOGNAME SHELL LANG TMPDIR CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN RUSTUP_AUTO_INSTALL".split(
    " ",
  ),
);

/** The same environment for everything that is measured: crates are there already, output is not for a terminal. */
export function cleanEnv(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    return value !== undefined && (KEPT.has(name) || name.startsWith("LC_"));
  });
  return {
    ...Object.fromEntries(kept),
    CARGO_NET_OFFLINE: "true",
    CARGO_TERM_PROGRESS_WHEN: "never",
    TERM: "dumb",
  };
}
