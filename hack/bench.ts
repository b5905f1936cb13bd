// SPDX-License-Identifier: MIT OR Apache-2.0
// One command for all measurements: see hack/bench.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { formatBuilds, measureBuilds } from "./bench.d/build.ts";
import { formatStartup, measureStartup } from "./bench.d/startup.ts";
import { generateStore } from "./bench.d/store.ts";
import { run } from "./lib/crate-source.ts";

const GREEN = join(import.meta.dirname, "..", "bin", "cargo-green");
const DEFAULT_TRIALS = 3;
const RECORDS = 100_000;
const CLI_RUNS = 5;

const [what = "all", trials = String(DEFAULT_TRIALS)] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "cargo-green-bench-"));
try {
  const cargo = run("cargo", ["--version"], scratch).trim();
  process.stdout.write(`${run(GREEN, ["--version"], scratch).trim()}, ${cargo}, ${cpus().length} cores\n`);
  const known = { startup, store, build };
  const chosen = Object.entries(known).filter(([name]) => what === "all" || what === name);
  if (chosen.length === 0)
    throw new Error(`There is no benchmark "${what}"; there are ${Object.keys(known).join(", ")}`);
  for (const [name, bench] of chosen) {
    process.stdout.write(`\n== ${name}\n`);
    await bench();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function startup(): Promise<void> {
  const env = { ...process.env, CARGOGREEN_CACHE_DIR: join(scratch, "startup") };
  const shim = run(GREEN, ["env", "RUSTC_WRAPPER"], scratch, env).trim();
  const more = [{ name: "cargo-green --version", command: [GREEN, "--version"] as const, env }];
  process.stdout.write(formatStartup(await measureStartup({ shim, more })));
}

async function store(): Promise<void> {
  const directory = join(scratch, "store");
  generateStore(directory, RECORDS);
  process.stdout.write(`${RECORDS} records, commands as a user types them, median of ${CLI_RUNS}\n`);
  for (const args of [["ls", "--limit", "50"], ["ls", "libc", "--rustc", "1.95"], ["stats"]]) {
    const env = { ...process.env, CARGOGREEN_CACHE_DIR: directory };
    const times = Array.from({ length: CLI_RUNS }, () => {
      const begun = performance.now();
      run(GREEN, ["cache", ...args], scratch, env);
      return performance.now() - begun;
    });
    const median = times.toSorted((a, b) => a - b)[Math.floor(CLI_RUNS / 2)] ?? Number.NaN;
    process.stdout.write(
      `cargo green cache ${args.join(" ").padEnd(24)} ${median.toFixed(0).padStart(5)} ms\n`,
    );
  }
  const script = join(import.meta.dirname, "bench.d", "store.ts");
  spawnSync(process.execPath, [script, String(RECORDS), directory], { stdio: "inherit" });
}

async function build(): Promise<void> {
  const measured = measureBuilds({ green: GREEN, directory: scratch, trials: Number(trials) });
  process.stdout.write(formatBuilds(measured));
}
