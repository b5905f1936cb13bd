// SPDX-License-Identifier: MIT OR Apache-2.0
// The main job on a real program: see hack/demo.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { writeCountingRustc } from "../test/support/counting-rustc.ts";
import { type Registry, startRegistry } from "../test/support/services.ts";
import { unpackCrate } from "./lib/crate-source.ts";

const [NAME, VERSION] = ["ripgrep", "15.1.0"] as const;
/** The second build must take less than this part of the first. */
const SHARE = 1 / 5;
/** On another machine: one request for a blob for so many units, at most; the pack's config comes on top. */
const UNITS_PER_REQUEST = 8;

const scratch = mkdtempSync(join(tmpdir(), "cargo-green-demo-"));
const registry = await startRegistry({ version: "2.8" });
try {
  await demo(registry);
} finally {
  await registry.close();
  rmSync(scratch, { recursive: true, force: true });
}

async function demo(registry: Registry): Promise<void> {
  title(`Sources of ${NAME} ${VERSION}, brought by cargo`);
  const first = unpackCrate(NAME, VERSION, scratch);
  mkdirSync(join(first, ".cargo"), { recursive: true });
  writeFileSync(
    join(first, ".cargo", "green.toml"),
    `[remotes.team]\nurl = "oci://${registry.host}/rust/cache"\nvisibility = "private"\n`,
  );
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
  const greenWith = async (changes: NodeJS.ProcessEnv, directory: string, ...args: readonly string[]) => {
    process.stdout.write(`\n$ cargo green ${args.join(" ")}\n`);
    const begun = performance.now();
    const options = { cwd: directory, env: { ...env, ...changes }, stdio: "inherit" } as const;
    const [status] = await once(spawn("cargo", ["green", ...args], options), "close");
    if (status !== 0) fail(`cargo green ${args[0]} exited with ${status}`);
    return (performance.now() - begun) / 1000;
  };
  const green = (directory: string, ...args: readonly string[]) => greenWith({}, directory, ...args);
  const compiled = (): readonly string[] =>
    readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line !== "");

  title("The first build compiles everything");
  const cold = await green(first, "build", "--release");
  const coldUnits = compiled().length;
  say(`${coldUnits} compiler runs, ${cold.toFixed(1)} s`);

  title("A second checkout at another path compiles nothing");
  writeFileSync(log, "");
  const warm = await green(second, "build", "--release");
  say(`${compiled().length} compiler runs, ${warm.toFixed(1)} s: ${(cold / warm).toFixed(0)} times as fast`);
  if (compiled().length > 0) fail(`these were compiled: ${compiled().join(" ")}`);
  if (coldUnits === 0) fail("the first build compiled nothing, so the counter is broken");
  if (warm > cold * SHARE) fail(`the second build took ${(warm / cold).toFixed(2)} of the first`);

  title("What was restored runs");
  tryProgram(second);

  title("What the build was made of goes to a registry, once");
  await green(first, "cache", "push", "team");
  await green(first, "cache", "push", "team");

  title("Another machine has nothing but the sources, a compiler and that registry");
  const third = join(scratch, "machine", "checkout");
  cpSync(first, third, { recursive: true, filter: (path) => path !== join(first, "target") });
  const machine = {
    HOME: join(scratch, "machine", "home"),
    CARGO_HOME: join(scratch, "machine", "cargo"),
    RUSTUP_HOME: rustup,
    CARGOGREEN_CACHE_DIR: join(scratch, "machine", "cache"),
  };
  mkdirSync(machine.HOME, { recursive: true });
  await greenWith(machine, third, "fetch");
  writeFileSync(log, "");
  const asked = requests(registry).length;
  const pulled = await greenWith(machine, third, "build", "--release");
  const made = requests(registry).slice(asked);
  const blobs = made.filter((line) => line.includes("/blobs/")).length - 1;
  say(`${compiled().length} compiler runs, ${pulled.toFixed(1)} s, the wrapper's compilation included`);
  say(`${made.length} requests: a manifest, the pack's config, and ${blobs} for ${coldUnits} units`);
  if (compiled().length > 0) fail(`these were compiled: ${compiled().join(" ")}`);
  if (made.filter((line) => line.includes("/manifests/")).length !== 1) fail("that was not one manifest");
  if (blobs < 1 || blobs > coldUnits / UNITS_PER_REQUEST) fail("that were too many requests, or none");
  tryProgram(third);

  title("The cache, looked at");
  await green(second, "cache", "ls", "--sort", "size", "--limit", "8");
  await green(second, "cache", "show", NAME, "--kind", "bin");
  Object.assign(env, { RUSTFLAGS: "-C target-cpu=x86-64-v3" });
  await green(second, "build", "--release", "-p", "memchr");
  await green(second, "cache", "why");
  await green(second, "cache", "rm", "memchr", "--yes");
  await green(second, "cache", "verify");
  await green(second, "cache", "stats");
  say("\nEverything went as it should.");
}

/** Request lines of the registry's log so far. */
function requests({ log }: Registry): readonly string[] {
  return readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => /"(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/v2\/rust\//.test(line));
}

function tryProgram(checkout: string): void {
  const rg = join(checkout, "target", "release", "rg");
  if (!existsSync(rg)) fail("there is no rg");
  const args = ["--count", "fn main", "crates/core/main.rs"];
  const found = spawnSync(rg, args, { cwd: checkout, encoding: "utf8" });
  if (found.stdout.trim() !== "1") fail(`rg found ${JSON.stringify(found.stdout)}`);
  say("rg --count 'fn main' crates/core/main.rs: 1");
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
