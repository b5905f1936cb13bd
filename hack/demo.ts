// SPDX-License-Identifier: MIT OR Apache-2.0
// The main job on a real program: see hack/demo.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { writeCountingRustc } from "../test/support/counting-rustc.ts";
import { unpackCrate } from "./lib/crate-source.ts";

const [NAME, VERSION] = ["ripgrep", "15.1.0"] as const;
/** The second build must take less than this part of the first. */
const SHARE = 1 / 5;

const scratch = mkdtempSync(join(tmpdir(), "cargo-green-demo-"));
try {
  demo();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function demo(): void {
  title(`Sources of ${NAME} ${VERSION}, brought by cargo`);
  const first = unpackCrate(NAME, VERSION, scratch);
  const second = join(scratch, "another", "place");
  cpSync(first, second, { recursive: true });

  mkdirSync(join(scratch, "counter"));
  const rustup = process.env["RUSTUP_HOME"] ?? join(homedir(), ".rustup");
  const { rustc, log } = writeCountingRustc(join(scratch, "counter"), rustup);
  const env = {
    ...process.env,
    CARGOGREEN_CACHE_DIR: join(scratch, "cache"),
    RUSTC: rustc,
    // The compiler that counts notes what it compiles where a sandbox would not let it.
    CARGOGREEN_SANDBOX: "off",
    PATH: `${join(import.meta.dirname, "..", "bin")}:${process.env["PATH"]}`,
    CARGO_TERM_PROGRESS_WHEN: "never",
  };
  const green = (directory: string, ...args: readonly string[]): number => {
    process.stdout.write(`\n$ cargo green ${args.join(" ")}\n`);
    const begun = performance.now();
    const { status } = spawnSync("cargo", ["green", ...args], { cwd: directory, env, stdio: "inherit" });
    if (status !== 0) fail(`cargo green ${args[0]} exited with ${status}`);
    return (performance.now() - begun) / 1000;
  };
  const compiled = (): readonly string[] =>
    readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line !== "");

  title("The first build compiles everything");
  const cold = green(first, "build", "--release");
  const coldUnits = compiled().length;
  say(`${coldUnits} compiler runs, ${cold.toFixed(1)} s`);

  title("A second checkout at another path compiles nothing");
  writeFileSync(log, "");
  const warm = green(second, "build", "--release");
  say(`${compiled().length} compiler runs, ${warm.toFixed(1)} s: ${(cold / warm).toFixed(0)} times as fast`);
  if (compiled().length > 0) fail(`these were compiled: ${compiled().join(" ")}`);
  if (coldUnits === 0) fail("the first build compiled nothing, so the counter is broken");
  if (warm > cold * SHARE) fail(`the second build took ${(warm / cold).toFixed(2)} of the first`);

  title("What was restored runs");
  const rg = join(second, "target", "release", "rg");
  if (!existsSync(rg)) fail("there is no rg");
  const found = spawnSync(rg, ["--count", "fn main", "crates/core/main.rs"], {
    cwd: second,
    encoding: "utf8",
  });
  if (found.stdout.trim() !== "1") fail(`rg found ${JSON.stringify(found.stdout)}`);
  say("rg --count 'fn main' crates/core/main.rs: 1");

  title("The cache, looked at");
  green(second, "cache", "ls", "--sort", "size", "--limit", "8");
  green(second, "cache", "show", NAME, "--kind", "bin");
  Object.assign(env, { RUSTFLAGS: "-C target-cpu=x86-64-v3" });
  green(second, "build", "--release", "-p", "memchr");
  green(second, "cache", "why");
  green(second, "cache", "rm", "memchr", "--yes");
  green(second, "cache", "verify");
  green(second, "cache", "stats");
  say("\nEverything went as it should.");
}

function title(text: string): void {
  process.stdout.write(`\n== ${text}\n`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): never {
  throw new Error(text);
}
