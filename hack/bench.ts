// SPDX-License-Identifier: MIT OR Apache-2.0
// One command for all measurements: see hack/bench.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { cleanEnv } from "./bench.d/clean-env.ts";
import { installCountingRustc } from "./bench.d/counting.ts";
import { type BenchOptions, HELP, parseOptions, UsageError } from "./bench.d/options.ts";
import { benchDirectory, findPeer, installPeers, isPeer } from "./bench.d/peers.ts";
import { formatResults, writeCharts } from "./bench.d/report.ts";
import { loadResults, type Results, saveResults } from "./bench.d/results.ts";
import { SECTIONS } from "./bench.d/sections.ts";
import { Interrupted } from "./bench.d/timed-run.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const GREEN = join(REPOSITORY, "bin", "cargo-green");

try {
  const options = parseOptions(process.argv.slice(2), process.cwd(), REPOSITORY);
  if (options.help) process.stdout.write(HELP);
  else if (options.installPeers) install();
  else await bench(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nSee hack/bench --help\n`);
  process.exitCode = 2;
}

async function bench(options: BenchOptions): Promise<void> {
  const { json, parts } = options;
  // Builds get ^C by themselves; then what was measured is written, and what was built is removed.
  process.on("SIGINT", () => {});
  const place = options.work ?? benchDirectory(process.env);
  mkdirSync(place, { recursive: true });
  const directory = mkdtempSync(join(place, "run-"));
  const runtime = mkdtempSync(join(tmpdir(), "gb-"));
  let results: Results = loadResults(json);
  const update = (changes: Partial<Results>) => {
    results = { ...results, ...changes };
    saveResults(json, results);
  };
  try {
    const env = cleanEnv({
      ...process.env,
      PATH: [join(REPOSITORY, "bin"), process.env["PATH"]].join(delimiter),
    });
    const counting = installCountingRustc(join(directory, "rustc"), env);
    const program = (tool: string) => (isPeer(tool) ? (findPeer(tool, env) ?? tool) : GREEN);
    const site = { directory, runtime, env, counting, program };
    const context = { options, site, green: GREEN, results: () => results, update, say, prepared: new Map() };
    for (const part of parts) await SECTIONS[part](context);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    say("Interrupted; --resume goes on from here");
    process.exitCode = 130;
  } finally {
    for (const each of [directory, runtime]) rmSync(each, { recursive: true, force: true });
  }
  process.stdout.write(formatResults(results, parts));
  for (const path of [json, ...writeCharts(results, json)]) say(path);
}

function install(): void {
  const missing = installPeers(process.env, say);
  if (missing.length === 0) return;
  say(`Could not be installed: ${missing.join(", ")}`);
  process.exitCode = 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
