// SPDX-License-Identifier: MIT OR Apache-2.0
// ripgrep: what cargo-green costs on a cold cache, and what it saves on a warm one.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { unpackCrate } from "../lib/crate-source.ts";

export interface BuildBenchOptions {
  /** Path of bin/cargo-green. */
  readonly green: string;
  /** An empty directory. */
  readonly directory: string;
  /** Rounds; each measures every scenario once, in turn. */
  readonly trials: number;
}

/** Seconds of one scenario in every round. */
export interface BuildTimes {
  readonly name: string;
  readonly seconds: readonly number[];
}

/** Measures release builds of ripgrep 15.1.0; throws if one fails or compiles what it should not. */
export function measureBuilds({ green, directory, trials }: BuildBenchOptions): readonly BuildTimes[] {
  const source = unpackCrate("ripgrep", "15.1.0", directory);
  const elsewhere = join(directory, "elsewhere");
  cpSync(source, elsewhere, { recursive: true });
  const cache = join(directory, "cache");
  const env = {
    ...process.env,
    PATH: `${dirname(green)}:${process.env["PATH"]}`,
    CARGOGREEN_CACHE_DIR: cache,
    CARGO_TERM_PROGRESS_WHEN: "never",
  };
  const timed = (cwd: string, command: readonly string[], wanted: RegExp): number => {
    const begun = performance.now();
    const { status, stderr } = spawnSync("cargo", command, { cwd, env, encoding: "utf8" });
    const seconds = (performance.now() - begun) / 1000;
    if (status !== 0 || !wanted.test(stderr)) throw new Error(`cargo ${command.join(" ")}:\n${stderr}`);
    return seconds;
  };
  const clean = (checkout: string) => rmSync(join(checkout, "target"), { recursive: true, force: true });
  // The shim is compiled once per toolchain, not once per build: it is kept.
  const empty = () => {
    for (const part of ["files", "records", "index.sqlite", "index.sqlite-wal", "index.sqlite-shm"]) {
      rmSync(join(cache, part), { recursive: true, force: true });
    }
  };
  spawnSync("cargo", ["green", "env", "RUSTC_WRAPPER"], { cwd: source, env });
  const scenarios = {
    "cargo, cold": () => {
      clean(source);
      return timed(source, ["build", "--release"], /Compiling ripgrep/);
    },
    "cargo green, cold": () => {
      clean(source);
      empty();
      return timed(source, ["green", "build", "--release"], /48 units · 0 restored · 47 built/);
    },
    "cargo green, restored elsewhere": () => {
      clean(elsewhere);
      return timed(elsewhere, ["green", "build", "--release"], /48 units · 47 restored · 0 built/);
    },
    "cargo green, nothing to do": () => timed(elsewhere, ["green", "build", "--release"], /Finished/),
    "cargo, nothing to do": () => timed(elsewhere, ["build", "--release"], /Finished/),
  };
  const times = Object.keys(scenarios).map((name) => ({ name, seconds: [] as number[] }));
  for (let trial = 0; trial < trials; trial++) {
    for (const [index, measure] of Object.values(scenarios).entries()) times[index]?.seconds.push(measure());
  }
  return times;
}

/** One line a scenario: median, range, and the ratio of medians to the first. */
export function formatBuilds(times: readonly BuildTimes[]): string {
  const base = median(times[0]?.seconds ?? []);
  return times
    .map(({ name, seconds }) => {
      const range = `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}`;
      const ratio = (median(seconds) / base).toFixed(3);
      return `${name.padEnd(32)} ${median(seconds).toFixed(2).padStart(8)} s  ${range.padStart(16)}  ${ratio} ×\n`;
    })
    .join("");
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
