// SPDX-License-Identifier: MIT OR Apache-2.0
// Installs real programs with native or awkward builds under CARGOGREEN_SANDBOX=enforce, and writes the table of
// docs/sandbox-programs.md to stdout. Where a program fails, it is tried again with the settings beside it.
// Usage: scripts/with-node hack/sandbox-programs.ts [NAME…]. Downloads crates; takes minutes a program.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

interface Program {
  readonly name: string;
  readonly version: string;
  /** Further arguments of `cargo install`. */
  readonly args: readonly string[];
  /** What makes its build worth a try. */
  readonly awkward: string;
  /** Settings that it is known to need. */
  readonly needs: Readonly<Record<string, string>>;
}

const program = (
  name: string,
  version: string,
  awkward: string,
  args: readonly string[] = [],
  needs: Readonly<Record<string, string>> = {},
): Program => ({ name, version, awkward, args, needs });

const PROGRAMS: readonly Program[] = [
  program("ripgrep", "15.1.0", "cc, pkg-config (pcre2-sys); asks git", ["--features", "pcre2"]),
  program("fd-find", "10.3.0", "configure and make (tikv-jemalloc-sys)"),
  program("hyperfine", "1.20.0", "its build script writes completions"),
  program("crabz", "0.10.0", "cmake (libz-ng-sys), cc (libdeflate-sys)"),
  program("tealdeer", "1.8.0", "pkg-config (openssl-sys)", [
    "--no-default-features",
    "--features",
    "native-tls",
  ]),
  program("eza", "0.23.4", "cc (libgit2-sys); its build script asks git and the date"),
  program("bat", "0.26.0", "cc (onig_sys, libgit2-sys); assets in its build script"),
  program("miniserve", "0.32.0", "ring or aws-lc-rs; its build script generates styles"),
  program("diesel_cli", "2.3.3", "bundled SQLite (libsqlite3-sys)", [
    "--no-default-features",
    "--features",
    "sqlite-bundled",
  ]),
  program("xh", "0.25.0", "vendored OpenSSL (openssl-src: perl, make)", [
    "--no-default-features",
    "--features",
    "native-tls,native-tls-vendored",
  ]),
];

interface Outcome {
  readonly works: boolean;
  readonly seconds: number;
  /** Our own lines about what failed. */
  readonly said: readonly string[];
}

function install(program: Program, root: string, settings: Readonly<Record<string, string>>): Outcome {
  const begun = performance.now();
  const { status, stderr } = spawnSync(
    "cargo",
    ["green", "install", program.name, "--version", program.version, "--locked", "--debug", ...program.args],
    {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      env: {
        ...process.env,
        PATH: `${resolve(import.meta.dirname, "../bin")}:${process.env["PATH"]}`,
        CARGOGREEN_CACHE_DIR: join(root, "cache"),
        CARGOGREEN_SANDBOX: "enforce",
        CARGO_INSTALL_ROOT: join(root, "installed"),
        ...settings,
      },
    },
  );
  const said = stderr.split("\n").filter((line) => /CARGOGREEN_|^error/.test(line));
  return {
    works: status === 0,
    seconds: (performance.now() - begun) / 1000,
    said: said.map((line) => line.trim()),
  };
}

const root = mkdtempSync(join(tmpdir(), "sandbox-programs-"));
const wanted = process.argv.slice(2);
process.stdout.write("| program | why | under `enforce` | needs | seconds |\n|---|---|---|---|---|\n");
try {
  for (const each of PROGRAMS) {
    if (wanted.length > 0 && !wanted.includes(each.name)) continue;
    const first = install(each, root, {});
    const hasNeeds = Object.keys(each.needs).length > 0;
    const last = !first.works && hasNeeds ? install(each, root, each.needs) : first;
    const settings = Object.entries(each.needs).map(([name, value]) => `\`${name}=${value}\``);
    const outcome = first.works ? "builds" : last.works ? "builds with what it needs" : "fails";
    const needs = first.works ? "nothing" : settings.join(", ");
    process.stdout.write(
      `| ${each.name} ${each.version} | ${each.awkward} | ${outcome} | ${needs} | ${last.seconds.toFixed(0)} |\n`,
    );
    for (const line of first.said) process.stderr.write(`${each.name}: ${line}\n`);
    if (!last.works) process.exitCode = 1;
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
