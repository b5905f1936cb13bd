// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { copyCheckout, type Files, writeFiles } from "./files.ts";
import { type Ended, run } from "./process.ts";
import { dependsOn, manifest } from "./projects.ts";
import { download, publish } from "./registry.ts";
import { withScript } from "./replay-project.ts";
import { RUSTUP_HOME } from "./sandbox.ts";
import { parseSummary, type Summary } from "./summary.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Who builds. */
export const USER = "zaphodbx";
export const HOST = "heartofgold42";

/** What is set in the environment of every build, and what must never leave. */
export const SECRETS = {
  ACME_API_TOKEN: "tok-5c1b9e77f2a84d10",
  ACME_BAKED_SECRET: "baked-d41e7b6630a94c2f",
  ACME_DEPLOY_PASSWORD: "p4ss-93be02f1c7d8",
};
/** What may stand in an `[env]` table, by names that say nothing, that look like a directory's and like a secret's. */
export const TABLE = {
  ACME_TABLE_NAME: "table-value-7719",
  ACME_TABLE_DIR: "table-dir-2260",
  ACME_TABLE_TOKEN: "table-token-9915",
};

const VAULT = "sparse+https://crates.acme-vault.example/index/";

const GENERATED = `pub const WORD: &str = include!(concat!(env!("OUT_DIR"), "/word.rs"));\n`;
/** A build script that writes an expression into the file that `GENERATED` includes. */
const script = (expression: string, more = "") => `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    ${more}
    let word: String = { ${expression} };
    std::fs::write(format!("{}/word.rs", std::env::var("OUT_DIR").unwrap()), format!("{word:?}")).unwrap();
}
`;
const macro = (expression: string) => `extern crate proc_macro;
#[proc_macro]
pub fn word(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    format!("{:?}", ${expression}).parse().unwrap()
}
`;
const library = (name: string, expression: string, rest = ""): Files => ({
  "Cargo.toml": manifest(name, rest),
  "src/lib.rs": `pub fn word() -> String {\n    String::from(${expression})\n}\n`,
});

/** What everybody can have, whatever this workspace makes of it. */
const CRATES_IO: readonly Files[] = [
  library("openleaf", `"leaf"`),
  library("openmid", "openleaf::word()", dependsOn("openleaf")),
  {
    "Cargo.toml": manifest("openmacro", "[lib]\nproc-macro = true\n"),
    "src/lib.rs": macro(`"macro"`),
  },
  library("openuser", "openmacro::word!()", dependsOn("openmacro")),
  {
    "Cargo.toml": withScript("opengen"),
    "build.rs": script(`"generated".into()`),
    "src/lib.rs": GENERATED,
  },
  {
    "Cargo.toml": withScript("openlink-sys", "", `links = "openlink"\n`),
    "build.rs": script(
      `"linked".into()`,
      `println!("cargo::metadata=include={}", std::env::var("OUT_DIR").unwrap());`,
    ),
    "src/lib.rs": GENERATED,
  },
  {
    "Cargo.toml": withScript("openlink", dependsOn("openlink-sys")),
    "build.rs": script(
      `std::fs::read_to_string(std::env::var("DEP_OPENLINK_INCLUDE").unwrap() + "/word.rs").unwrap()`,
    ),
    "src/lib.rs": GENERATED,
  },
  // These learn something of whoever builds them.
  {
    "Cargo.toml": withScript("openhome"),
    "build.rs": script(
      `std::env::var("HOME").unwrap()`,
      `println!("cargo::rustc-env=HOME_SEEN={}", std::env::var("HOME").unwrap());`,
    ),
    "src/lib.rs": GENERATED,
  },
  {
    "Cargo.toml": withScript("opentoken"),
    "build.rs": script(
      `std::env::var("ACME_API_TOKEN").unwrap_or_default()`,
      `println!("cargo::warning={}", std::env::var("ACME_API_TOKEN").unwrap_or_default());`,
    ),
    "src/lib.rs": GENERATED,
  },
  {
    "Cargo.toml": withScript("openhost"),
    "build.rs": script(
      `std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap() + &std::env::var("HOSTNAME").unwrap_or_default()`,
    ),
    "src/lib.rs": GENERATED,
  },
  library("openbake", `option_env!("ACME_BAKED_SECRET").unwrap_or("none")`),
  library("openplace", `env!("CARGO_MANIFEST_DIR")`),
  {
    "Cargo.toml": manifest("openplacemacro", "[lib]\nproc-macro = true\n"),
    "src/lib.rs": macro(`env!("CARGO_MANIFEST_DIR")`),
  },
  // These stand on what the workspace puts in place of crates.io's.
  library(
    "openfeat",
    `openplug::word()`,
    `[dependencies]\nopenplug = { version = "1", optional = true }\n[features]\nplugin = ["openplug"]\n`,
  ),
  library("openplug", `"crates.io's"`),
  library("openpatched", `"crates.io's"`),
  library("opentaint", "openpatched::word()", dependsOn("openpatched")),
];

const WORKSPACE: Files = {
  "Cargo.toml": `[workspace]
members = ["acme-app", "acme-core", "acme-derive", "acme-probe"]
resolver = "2"
[patch.crates-io]
openplug = { path = "acme-plug" }
openpatched = { git = "GIT/acme-patches" }
[profile.acme-stealth]
inherits = "dev"
`,
  ".cargo/config.toml": `[alias]
acme-ship = "build --profile acme-stealth"
[registries.acme-vault]
index = "${VAULT}"
`,
  "acme-app/Cargo.toml": manifest(
    "acme-app",
    `${dependsOn("openleaf", "openmid", "openuser", "opengen", "openlink", "opentaint", "openpatched")}
openfeat = { version = "1", features = ["plugin"] }
acme-core = { path = "../acme-core" }
acme-regcrate = { version = "1", registry = "acme-vault" }
acme-gitcrate = { git = "GIT/acme-gitcrate" }
`,
  ),
  "acme-app/src/main.rs": `fn main() {
    println!("{} {} {} {} {}", openleaf::word(), openmid::word(), openuser::word(), opengen::WORD, openlink::WORD);
    println!("{} {} {}", opentaint::word(), openpatched::word(), openfeat::word());
    println!("{} {} {}", acme_core::word(), acme_regcrate::word(), acme_gitcrate::word());
}
`,
  "acme-core/Cargo.toml": manifest(
    "acme-core",
    `[dependencies]\nacme-derive = { path = "../acme-derive" }\n`,
  ),
  "acme-core/src/lib.rs": "pub fn word() -> &'static str { acme_derive::word!() }\n",
  "acme-derive/Cargo.toml": manifest("acme-derive", "[lib]\nproc-macro = true\n"),
  "acme-derive/src/lib.rs": macro(`env!("ACME_BAKED_SECRET")`),
  "acme-plug/Cargo.toml": manifest("openplug"),
  "acme-plug/src/lib.rs": `pub fn word() -> &'static str { "acme-plugged" }\n`,
  "acme-probe/Cargo.toml": withScript(
    "acme-probe",
    dependsOn("openhome", "opentoken", "openhost", "openbake", "openplace", "openplacemacro"),
  ),
  "acme-probe/build.rs": script(
    `std::env::var("HOME").unwrap() + &std::env::var("ACME_API_TOKEN").unwrap_or_default()`,
  ),
  "acme-probe/src/main.rs": `fn main() {
    println!("{} {} {} {}", openhome::WORD, opentoken::WORD, openhost::WORD, openbake::word());
    println!("{} {} {}", openplace::word(), openplacemacro::word!(), include!(concat!(env!("OUT_DIR"), "/word.rs")));
}
`,
};

/** Repositories, registry and workspace that several machines build from. */
export class PrivateWorld {
  readonly root = mkdtempSync(join(tmpdir(), "green-acme-world-"));
  readonly #machines: Machine[] = [];

  constructor() {
    this.#repository("acme-gitcrate", library("acme-gitcrate", `"acme-git-content"`));
    this.#repository("acme-patches", library("openpatched", `"acme-patched-content"`));
    publish(join(this.root, "acme-registry"), library("acme-regcrate", `"acme-registry-content"`));
  }

  /** A machine that has nothing yet but sources. */
  machine(settings: string): Machine {
    const first = this.#machines[0];
    const machine = new Machine(this.root, settings);
    if (first === undefined) {
      const here = `file://${this.root}/git`;
      const files = Object.entries(WORKSPACE).map(([path, text]) => [path, text.replaceAll("GIT", here)]);
      writeFiles(machine.workspace, Object.fromEntries(files));
      machine.getRepositories();
    } else {
      copyCheckout(first.workspace, machine.workspace);
      cpSync(join(first.cargoHome, "git/db"), join(machine.cargoHome, "git/db"), { recursive: true });
    }
    this.#machines.push(machine);
    return machine;
  }

  dispose(): void {
    for (const directory of [
      this.root,
      ...this.#machines.flatMap(({ root, elsewhere }) => [root, ...elsewhere]),
    ])
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #repository(name: string, files: Files): void {
    const directory = join(this.root, "git", name);
    writeFiles(directory, files);
    const git = (...args: string[]) => execFileSync("git", args, { cwd: directory, stdio: "ignore" });
    git("init", "--quiet");
    git("add", ".");
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "x");
  }
}

export interface GreenRun extends Ended {
  readonly summary: Summary | undefined;
}

/** A home, CARGO_HOME, cache and checkout at a place of their own. */
export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), "green-acme-"));
  readonly home = join(this.root, USER);
  readonly cargoHome = join(this.home, "acme-cargo");
  readonly workspace = join(this.root, "acme-src", "acme-ship");
  /** What else is to be removed. */
  readonly elsewhere: string[] = [];
  readonly #world: string;

  constructor(world: string, settings: string) {
    this.#world = world;
    const runtime = join(this.root, "run");
    for (const directory of [this.workspace, this.cargoHome]) mkdirSync(directory, { recursive: true });
    mkdirSync(runtime, { mode: 0o700 });
    symlinkSync(RUSTUP_HOME, join(this.home, ".rustup"));
    for (const files of CRATES_IO) download(this.cargoHome, files);
    const vault = `[source.acme-vault]\nregistry = "${VAULT}"\nreplace-with = "acme-copy"\n`;
    const copy = `[source.acme-copy]\nlocal-registry = "${world}/acme-registry"\n`;
    writeFileSync(join(this.cargoHome, "config.toml"), vault + copy);
    this.settings(settings);
  }

  /** Writes `green.toml`. */
  settings(text: string): void {
    writeFileSync(join(this.cargoHome, "green.toml"), text);
  }

  /** Has Cargo fetch the git repositories, so that it needs no network afterwards. */
  getRepositories(): void {
    const directory = join(this.root, "fetch");
    const both = ["acme-gitcrate", "acme-patches"].map((name) => [name, `file://${this.#world}/git/${name}`]);
    const table = `acme-gitcrate = { git = "${both[0]?.[1]}" }\nopenpatched = { git = "${both[1]?.[1]}" }\n`;
    writeFiles(directory, {
      "Cargo.toml": manifest("fetch", `[dependencies]\n${table}`),
      "src/lib.rs": "",
    });
    const env = { ...this.env(), CARGO_NET_OFFLINE: "false" };
    execFileSync("cargo", ["fetch"], { cwd: directory, env, stdio: "ignore" });
  }

  env(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
    const all = {
      PATH: searchPath(),
      HOME: this.home,
      USER,
      LOGNAME: USER,
      HOSTNAME: HOST,
      CARGO_HOME: this.cargoHome,
      RUSTUP_AUTO_INSTALL: "0",
      XDG_RUNTIME_DIR: join(this.root, "run"),
      CARGO_INCREMENTAL: "0",
      CARGO_NET_OFFLINE: "true",
      GIT_CONFIG_NOSYSTEM: "1",
      LANG: "C.UTF-8",
      ...SECRETS,
      ...changes,
    };
    return Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }

  /** `cargo [+TOOLCHAIN] green …` in the workspace; fails if it does. */
  async green(
    args: readonly string[],
    changes: Readonly<Record<string, string | undefined>> = {},
    toolchain?: string,
  ): Promise<GreenRun> {
    const argv = ["cargo", ...(toolchain === undefined ? [] : [`+${toolchain}`]), "green", ...args];
    const ended = await run(argv, { cwd: this.workspace, env: this.env(changes) });
    if (ended.status !== 0) throw new Error(`${argv.join(" ")}\n${ended.stdout}\n${ended.stderr}`);
    return { ...ended, summary: parseSummary(ended.stderr) };
  }

  /** The machine's compiler, started by a program at a place of the user's own. */
  ownCompiler(): string {
    const directory = mkdtempSync("/var/tmp/acme-toolchains-");
    this.elsewhere.push(directory);
    const real = execFileSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).trim();
    const path = join(directory, "rustc");
    writeFileSync(path, `#!/bin/sh\nexec '${real}/bin/rustc' "$@"\n`, { mode: 0o755 });
    return path;
  }

  /** A RUSTUP_HOME with one toolchain, the machine's, under a name of the user's own. */
  linkToolchain(name: string): string {
    const home = join(this.root, "rustup");
    const sysroot = execFileSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).trim();
    mkdirSync(join(home, "toolchains"), { recursive: true });
    symlinkSync(sysroot, join(home, "toolchains", name));
    return home;
  }
}

function searchPath(): string {
  const inherited = (process.env["PATH"] ?? "").split(delimiter);
  const others = inherited.filter((entry) => !entry.startsWith(join(REPOSITORY, "node_modules")));
  return [join(REPOSITORY, "bin"), ...others].join(delimiter);
}
