// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { expect } from "vitest";
import { writeCountingRustc } from "./counting-rustc.ts";
import { copyCheckout, type Files, writeFiles } from "./files.ts";
import { type Ended, run, type Started, start } from "./process.ts";
import { publish } from "./registry.ts";
import { parseSummary, type Summary } from "./summary.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** This machine's. */
export const RUSTUP_HOME = process.env["RUSTUP_HOME"] ?? join(homedir(), ".rustup");
const MACHINE_CARGO_HOME = process.env["CARGO_HOME"] ?? join(homedir(), ".cargo");

const SHIMS = join(tmpdir(), `green-shims-${process.pid}`);

/**
 * True in a control run (`GREEN_E2E_PLAIN=1`), in which plain cargo stands in for `cargo green`: shows that a test's
 * project and what it expects of its output are right by themselves. What only a cache can do is then not checked.
 */
export const PLAIN = process.env["GREEN_E2E_PLAIN"] === "1";

/**
 * False in a run with `GREEN_E2E_REPLAY=off`, in which nothing is laid down before Cargo asks for it. What a build
 * must be is the same in both modes; the vitest project `e2e-shim` runs the tests that say so.
 */
export const REPLAYS = process.env["GREEN_E2E_REPLAY"] !== "off";

/** Checks that make sense only with cargo-green. */
export function onlyGreen(check: () => void): void {
  if (!PLAIN) check();
}

export interface CargoOptions {
  /** Directory to run in. */
  readonly in: string;
  /** Set on top of the sandbox's; `undefined` removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `+nightly`, before the subcommand. */
  readonly toolchain?: string;
  /** What starts the program: it and its arguments follow. */
  readonly by?: readonly string[];
  /** Exit status to expect; `any` for none in particular. */
  readonly expect?: number | "any";
}

export interface Build extends Ended {
  readonly summary: Summary | undefined;
  /** Names of the crates that a compiler was started for, sorted. */
  readonly compiled: readonly string[];
}

export interface SandboxOptions {
  /** Lets the program compile its shim for this sandbox, as on a fresh machine. Default: it is taken from another. */
  readonly ownShim?: boolean;
  /**
   * `own`: an empty CARGO_HOME and no network; crates come from `publish`.
   * `machine`: this machine's, with what was downloaded before.
   */
  readonly cargoHome?: "own" | "machine";
  readonly env?: Readonly<Record<string, string>>;
  /** What is started for `cargo green`. Default: that. */
  readonly green?: readonly string[];
}

/** A world of its own for one test: home, store, CARGO_HOME, a rustc that counts. */
export class Sandbox {
  readonly root: string;
  /** The store's directory. */
  readonly store: string;
  readonly cargoHome: string;
  readonly home: string;
  /** The rustc that counts. */
  readonly rustc: string;
  readonly #log: string;
  readonly #ownShim: boolean;
  readonly #green: readonly string[] | undefined;
  readonly #env: Readonly<Record<string, string>>;

  constructor(options: SandboxOptions = {}) {
    // Short, and not below a directory that the program could take for a workspace or a home.
    this.root = mkdtempSync(join(tmpdir(), "green-"));
    this.store = join(this.root, "store");
    this.home = join(this.root, "home");
    const machine = options.cargoHome === "machine";
    this.cargoHome = machine ? MACHINE_CARGO_HOME : join(this.root, "cargo");
    const runtime = join(this.root, "run");
    for (const directory of [this.home, this.cargoHome]) mkdirSync(directory, { recursive: true });
    mkdirSync(runtime, { mode: 0o700 });
    const { rustc, log } = writeCountingRustc(join(this.root, "rustc"), RUSTUP_HOME);
    this.rustc = rustc;
    this.#log = log;
    this.#env = {
      PATH: searchPath(),
      HOME: this.home,
      CARGO_HOME: this.cargoHome,
      RUSTUP_HOME,
      RUSTUP_AUTO_INSTALL: "0",
      XDG_RUNTIME_DIR: runtime,
      CARGOGREEN_CACHE_DIR: this.store,
      // The compiler that counts writes where a sandbox lets nobody write; the sandbox has tests of its own.
      CARGOGREEN_SANDBOX: "off",
      CARGO_INCREMENTAL: "0",
      ...(REPLAYS ? {} : { CARGOGREEN_REPLAY: "false" }),
      RUSTC: rustc,
      GIT_CONFIG_NOSYSTEM: "1",
      LANG: "C.UTF-8",
      ...(machine ? {} : { CARGO_NET_OFFLINE: "true" }),
      ...options.env,
    };
    if (!machine) this.#replaceCratesIo();
    this.#ownShim = options.ownShim ?? false;
    this.#green = options.green;
    if (!this.#ownShim && existsSync(SHIMS)) cpSync(SHIMS, join(this.store, "shim"), { recursive: true });
  }

  /** Removes everything. */
  dispose(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Absolute path of something below the sandbox. */
  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** Writes a project and returns its directory. */
  project(name: string, files: Files): string {
    const directory = this.path(name);
    writeFiles(directory, files);
    return directory;
  }

  /** Copies a checkout, without what was built in it, and returns the new directory. */
  checkout(from: string, name: string): string {
    const directory = this.path(name);
    copyCheckout(from, directory);
    return directory;
  }

  /** Publishes a crate where this sandbox's cargo takes crates.io to be. */
  publish(files: Files): void {
    publish(this.path("registry"), files);
  }

  /** Runs something around the compilation of a crate: see `writeCountingRustc`. */
  hook(crate: string, when: "before" | "after", script: string): void {
    writeFileSync(this.path("rustc", "hooks", `${crate}.${when}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  unhook(crate: string): void {
    for (const when of ["before", "after"]) {
      rmSync(this.path("rustc", "hooks", `${crate}.${when}`), { force: true });
    }
  }

  /** Names of the crates compiled since the last call, sorted. */
  compiled(): string[] {
    const names = readFileSync(this.#log, "utf8").split("\n").filter(Boolean).sort();
    truncateSync(this.#log);
    return names;
  }

  /** Like `compiled`, without forgetting. */
  peekCompiled(): string[] {
    return readFileSync(this.#log, "utf8").split("\n").filter(Boolean).sort();
  }

  env(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
    const merged = { ...this.#env, ...changes };
    return Object.fromEntries(
      Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }

  /** Plain cargo. */
  cargo(args: readonly string[], options: CargoOptions): Promise<Build> {
    return this.#finish(["cargo", ...toolchain(options), ...args], options);
  }

  /** `cargo green …` (plain cargo in a control run). */
  green(args: readonly string[], options: CargoOptions): Promise<Build> {
    return this.#finish(this.#greenArgv(args, options), options);
  }

  /** Starts `cargo green …` in a process group of its own and does not wait. */
  startGreen(args: readonly string[], options: CargoOptions): Started {
    return start(this.#greenArgv(args, options), { cwd: options.in, env: this.env(options.env) });
  }

  /** `cargo green cache … --json`, parsed. */
  async cacheJson(args: readonly string[], options: Partial<CargoOptions> = {}): Promise<unknown> {
    const said = await this.#finish(["cargo", "green", "cache", ...args, "--json"], {
      in: this.root,
      ...options,
    });
    return JSON.parse(said.stdout);
  }

  /** `cargo green cache …`, for people. */
  cache(args: readonly string[], options: Partial<CargoOptions> = {}): Promise<Build> {
    return this.#finish(["cargo", "green", "cache", ...args], { in: this.root, ...options });
  }

  /** Runs any program in the sandbox's environment and returns its stdout. */
  async run(argv: readonly string[], options: CargoOptions): Promise<string> {
    return (await this.#finish(argv, options)).stdout;
  }

  async #finish(argv: readonly string[], options: CargoOptions): Promise<Build> {
    this.compiled();
    const started = [...(options.by ?? []), ...argv];
    const ended = await run(started, { cwd: options.in, env: this.env(options.env) });
    const expected = options.expect ?? 0;
    if (expected !== "any") {
      expect(ended.status, `${argv.join(" ")}\n${ended.stdout}\n${ended.stderr}`).toBe(expected);
    }
    if (!this.#ownShim) keepShim(join(this.store, "shim"));
    return { ...ended, summary: parseSummary(ended.stderr), compiled: this.compiled() };
  }

  #greenArgv(args: readonly string[], options: CargoOptions): readonly string[] {
    return this.#green === undefined ? greenArgv(args, options) : [...this.#green, ...args];
  }

  #replaceCratesIo(): void {
    mkdirSync(this.path("registry", "index"), { recursive: true });
    writeFileSync(
      join(this.cargoHome, "config.toml"),
      `[source.crates-io]\nreplace-with = "tests"\n[source.tests]\nlocal-registry = "${this.path("registry")}"\n`,
    );
  }
}

/** Keeps the first shim that was compiled in this process: compiling one takes as long as most tests. */
function keepShim(directory: string): void {
  if (existsSync(SHIMS) || !existsSync(directory)) return;
  removeLeftShims();
  cpSync(directory, SHIMS, { recursive: true });
}

/** Test processes are killed at their end, so each removes what those before it left. */
function removeLeftShims(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^green-shims-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function toolchain(options: CargoOptions): string[] {
  return options.toolchain === undefined ? [] : [options.toolchain];
}

function greenArgv(args: readonly string[], options: CargoOptions): string[] {
  return ["cargo", ...toolchain(options), ...(PLAIN ? [] : ["green"]), ...args];
}

/** Our `bin` first; without the Node that the tests run under, so that the program finds one by itself. */
function searchPath(): string {
  const inherited = (process.env["PATH"] ?? "").split(delimiter);
  const others = inherited.filter((entry) => !entry.startsWith(join(REPOSITORY, "node_modules")));
  return [join(REPOSITORY, "bin"), ...others].join(delimiter);
}
