// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { type Ended, run } from "../support/process.ts";
import { dependsOn, manifest } from "../support/projects.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const IS_ROOT = process.getuid?.() === 0;
/** The ordinary user that the superuser becomes: everywhere there, and the owner of nothing. */
const NOBODY = 65534;

const BUILD_SCRIPT = `use std::{env, fs, net::TcpStream, process::{Command, Stdio}};
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TRAP_RUN");
    let trap = env::var("TRAP").unwrap_or_default();
    let got = match trap.as_str() {
        "network" => TcpStream::connect(env::var("TRAP_ADDRESS").unwrap()).map(|_| "connected".to_owned()).unwrap(),
        "source" => fs::write("src/written.txt", "x").map(|_| "written".to_owned()).unwrap(),
        "elsewhere" => fs::write(env::var("TRAP_FILE").unwrap(), "x").map(|_| "written".to_owned()).unwrap(),
        "home" => fs::read_to_string(env::var("HOME").unwrap() + "/greeting").unwrap(),
        "variable" => {
            let flavor = Command::new("sh").arg("flavor.sh").stderr(Stdio::inherit()).output().unwrap();
            assert!(flavor.status.success());
            String::from_utf8(flavor.stdout).unwrap()
        }
        _ => "nothing".to_owned(),
    };
    println!("cargo::rustc-env=GOT={got}");
}
`;
const MACRO = `extern crate proc_macro;
#[proc_macro]
pub fn outside(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let path = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/../undeclared.txt";
    format!("{:?}", std::fs::read_to_string(path).unwrap()).parse().unwrap()
}
`;

const BACKENDS = ["bwrap", "native", "neither"] as const;
const TRAPS = ["network", "source", "elsewhere", "home"] as const;
const SAYS: Readonly<Record<(typeof TRAPS)[number], string>> = {
  network: "connected",
  source: "written",
  elsewhere: "written",
  home: "hello",
};

/** One user's world: where his things are, and how a command becomes his. */
class World {
  readonly sandbox = new Sandbox();
  readonly elsewhere: string;
  readonly #user: number | undefined;
  readonly #toolchain: string;

  constructor(user: number | undefined) {
    this.#user = user;
    this.elsewhere = mkdtempSync(join(IS_ROOT ? "/srv" : homedir(), "green-elsewhere-"));
    const { sandbox } = this;
    const sysroot = execFileSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).trim();
    this.#toolchain = user === undefined ? sysroot : sandbox.path("toolchain");
    for (const name of ["toolchain", "repository", "broken"]) mkdirSync(sandbox.path(name));
    writeFileSync(sandbox.path("broken", "bwrap"), "#!/bin/sh\nexit 1\n");
    chmodSync(sandbox.path("broken", "bwrap"), 0o755);
    sandbox.project("home", { greeting: "hello" });
    sandbox.project("app", {
      "Cargo.toml": manifest("app"),
      "build.rs": BUILD_SCRIPT,
      "flavor.sh": 'printf "$' + '{TRAP_FLAVOR:?}"\n',
      "src/main.rs": `fn main() { print!("{}", env!("GOT")); }\n`,
    });
    sandbox.project("macros", {
      "Cargo.toml": `[workspace]\nmembers = ["app", "outside"]\nresolver = "2"\n`,
      "undeclared.txt": "one",
      "outside/Cargo.toml": manifest("outside", "[lib]\nproc-macro = true\n"),
      "outside/src/lib.rs": MACRO,
      "app/Cargo.toml": manifest("app", `[dependencies]\noutside = { path = "../outside" }\n`),
      "app/src/main.rs": `fn main() { print!("{}", outside::outside!()); }\n`,
    });
    if (user !== undefined) execFileSync("chown", ["-R", `${user}:${user}`, sandbox.root, this.elsewhere]);
  }

  dispose(): void {
    this.sandbox.dispose();
    rmSync(this.elsewhere, { recursive: true, force: true });
  }

  /** Runs a command as the user, where only this backend works. */
  run(
    argv: readonly string[],
    backend: (typeof BACKENDS)[number],
    cwd: string,
    env: Record<string, string>,
  ): Promise<Ended> {
    const { sandbox } = this;
    const own = this.#user !== undefined;
    const path = [
      ...(backend === "bwrap" ? [] : [sandbox.path("broken")]),
      join(own ? sandbox.path("repository") : REPOSITORY, "bin"),
      join(this.#toolchain, "bin"),
      "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    ].join(":");
    const become = own
      ? [
          ...["unshare", "-m", "sh", "-c"],
          `mount --bind "$0" '${this.#toolchain}' && mount --bind '${REPOSITORY}' '${sandbox.path("repository")}' && exec "$@"`,
          execFileSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).trim(),
          ...[
            "setpriv",
            `--reuid=${this.#user}`,
            `--regid=${this.#user}`,
            "--clear-groups",
            "--inh-caps=-all",
          ],
        ]
      : [];
    const forbid =
      backend === "neither"
        ? [
            ...["unshare", "-Ur", "sh", "-c"],
            `echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"`,
            "sh",
            ...["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
          ]
        : [];
    const whole = { ...sandbox.env({ RUSTC: undefined, RUSTUP_HOME: undefined, ...env }), PATH: path };
    return run([...become, ...forbid, ...argv], { cwd, env: whole });
  }
}

describe.skipIf(PLAIN || process.platform !== "linux").each(
  IS_ROOT
    ? [
        { who: "the superuser", user: undefined },
        { who: "an ordinary user", user: NOBODY },
      ]
    : [{ who: "an ordinary user", user: undefined }],
)("the sandbox of $who", ({ user }) => {
  let world: World;
  let listener: Server;
  let connections = 0;
  beforeAll(async () => {
    world = new World(user);
    listener = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  });
  afterAll(() => {
    listener.close();
    world.dispose();
  });

  async function spring(
    trap: string,
    backend: (typeof BACKENDS)[number],
    mode: string,
    more: Record<string, string> = {},
  ): Promise<Ended & { readonly said: string; readonly wrote: boolean; readonly reached: boolean }> {
    const app = world.sandbox.path("app");
    const file = join(world.elsewhere, "written");
    const inTree = join(app, "src/written.txt");
    for (const path of [file, inTree]) rmSync(path, { force: true });
    connections = 0;
    const address = listener.address();
    const env = {
      CARGOGREEN_SANDBOX: mode,
      CARGO_TARGET_DIR: world.sandbox.path("target", `${backend}-${mode}`),
      TRAP: trap,
      TRAP_RUN: `${trap} ${backend} ${mode} ${JSON.stringify(more)}`,
      TRAP_ADDRESS: `127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
      TRAP_FILE: file,
      ...more,
    };
    const ended = await world.run(["cargo", "green", "build"], backend, app, env);
    const binary = join(env.CARGO_TARGET_DIR, "debug/app");
    const said = ended.status === 0 ? (await world.run([binary], "bwrap", app, {})).stdout : "";
    return { ...ended, said, wrote: existsSync(file) || existsSync(inTree), reached: connections > 0 };
  }

  /** How the newest run of the build script was made. */
  async function sandboxOfRun(): Promise<unknown> {
    const shown = await world.run(
      ["cargo", "green", "cache", "show", "app", "--kind", "build-script-run", "--sort", "created", "--json"],
      "bwrap",
      world.sandbox.root,
      {},
    );
    return JSON.parse(shown.stdout).units[0].provenance.sandbox;
  }

  it.each(["bwrap", "native"] as const)("with %s keeps everything in under enforce", async (backend) => {
    for (const trap of TRAPS) {
      const ended = await spring(trap, backend, "enforce");
      expect(ended, ended.stderr).toMatchObject({ status: 101, wrote: false, reached: false });
      expect(ended.stderr).toContain("CARGOGREEN_SANDBOX=enforce");
      expect(ended.stderr).toContain(
        trap === "network" ? "CARGOGREEN_WITH_NETWORK=app" : "CARGOGREEN_SANDBOX=prefer",
      );
    }
    const allowed = await spring("network", backend, "enforce", { CARGOGREEN_WITH_NETWORK: "app" });
    expect(allowed, allowed.stderr).toMatchObject({ status: 0, said: "connected", reached: true });
    expect(await sandboxOfRun()).toMatchObject({ mode: backend, network: true });
    const quiet = await spring("none", backend, "enforce", { FOREIGN: "1" });
    expect(quiet, quiet.stderr).toMatchObject({ status: 0, said: "nothing" });
    expect(quiet.stderr).not.toContain("CARGOGREEN_");
    expect(await sandboxOfRun()).toMatchObject({
      mode: backend,
      network: false,
      seen: expect.arrayContaining(["HOME"]),
    });
    expect(await sandboxOfRun()).toMatchObject({ hidden: expect.arrayContaining(["FOREIGN"]) });
  });

  it("keeps build scripts in that are compiled incrementally, which are not cached themselves", async () => {
    const more = { CARGO_INCREMENTAL: "1" };
    const ended = await spring("network", "native", "enforce", more);
    expect(ended, ended.stderr).toMatchObject({ status: 101, reached: false });
    expect(ended.stderr).toContain("CARGOGREEN_WITH_NETWORK=app");
    const quiet = await spring("none", "native", "enforce", more);
    expect(quiet, quiet.stderr).toMatchObject({ status: 0, said: "nothing" });
    expect(await sandboxOfRun()).toMatchObject({ mode: "native", network: false });
    const preferred = await spring("network", "native", "prefer", more);
    expect(preferred, preferred.stderr).toMatchObject({ status: 0, said: "connected" });
    expect(preferred.stderr).toContain("looked for the network");
  });

  it.each(["bwrap", "native"] as const)(
    "with %s ends in plain cargo's build under prefer",
    async (backend) => {
      for (const trap of TRAPS) {
        const ended = await spring(trap, backend, "prefer");
        const wrote = trap === "source" || trap === "elsewhere";
        expect(ended, ended.stderr).toMatchObject({
          status: 0,
          said: SAYS[trap],
          wrote,
          reached: trap === "network",
        });
        const lines = ended.stderr.split("\n").filter((line) => line.includes("CARGOGREEN_SANDBOX=prefer"));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain("app 1.0.0 (build script run)");
        if (trap === "network") expect(await sandboxOfRun()).toMatchObject({ mode: "none" });
      }
      // What was made without a sandbox does not serve where one is demanded.
      const demanded = await spring("network", backend, "enforce", {
        TRAP_RUN: `network ${backend} prefer {}`,
      });
      expect(demanded, demanded.stderr).toMatchObject({ status: 101, reached: false });
    },
  );

  it("names a variable that only a script's script knows, and keeps no result of it in secret", async () => {
    for (const flavor of ["red", "green"]) {
      const target = world.sandbox.path("target", flavor);
      const more = { TRAP_FLAVOR: flavor, TRAP_RUN: "flavor", CARGO_TARGET_DIR: target };
      const preferred = await spring("variable", "native", "prefer", more);
      expect(preferred, preferred.stderr).toMatchObject({ status: 0, said: flavor });
      expect(preferred.stderr).toContain("looked for an environment variable");
    }
    const hidden = await spring("variable", "native", "enforce", { TRAP_FLAVOR: "red" });
    expect(hidden.status).toBe(101);
    expect(hidden.stderr).toContain("(CARGOGREEN_SET_ENVS=TRAP_FLAVOR)");
    const more = { TRAP_FLAVOR: "red", CARGOGREEN_SET_ENVS: "TRAP_FLAVOR" };
    const shown = await spring("variable", "native", "enforce", more);
    expect(shown, shown.stderr).toMatchObject({ status: 0, said: "red" });
  });

  it.each(BACKENDS)("with %s is not there under off", async (backend) => {
    for (const trap of TRAPS) {
      const ended = await spring(trap, backend, "off");
      expect(ended, ended.stderr).toMatchObject({ status: 0, said: SAYS[trap] });
      expect(ended.stderr).not.toContain("CARGOGREEN_");
    }
  });

  it("says once, and with -v always, that it cannot be, and refuses where it must", async () => {
    const told: number[] = [];
    for (const trap of TRAPS) {
      const ended = await spring(trap, "neither", "prefer");
      expect(ended, ended.stderr).toMatchObject({ status: 0, said: SAYS[trap] });
      told.push(ended.stderr.split("\n").filter((line) => line.includes("without a sandbox")).length);
    }
    expect(told).toEqual([1, 0, 0, 0]);
    const app = world.sandbox.path("app");
    const why = await world.run(["cargo", "green", "cache", "why"], "neither", app, {});
    expect(why.stdout).toContain("note: builds without a sandbox");
    const verbose = { CARGOGREEN_LOG: "info" };
    expect((await spring("none", "neither", "prefer", verbose)).stderr).toContain("without a sandbox");
    for (const trap of ["none", ...TRAPS]) {
      const refused = await spring(trap, "neither", "enforce");
      expect(refused, refused.stderr).toMatchObject({ status: 101, wrote: false, reached: false });
      expect(refused.stderr).toContain("CARGOGREEN_SANDBOX=prefer allows it");
    }
  });

  it.each(BACKENDS)(
    "with %s hides undeclared files from proc-macros where it can, and refuses where it must",
    async (backend) => {
      const macros = world.sandbox.path("macros");
      const build = async (mode: string, dir: string, more: Record<string, string> = {}) => {
        const target = world.sandbox.path("target", `macro-${backend}-${dir}`);
        const env = { CARGOGREEN_SANDBOX: mode, CARGO_TARGET_DIR: target, ...more };
        const ended = await world.run(["cargo", "green", "build"], backend, macros, env);
        const said =
          ended.status === 0
            ? (await world.run([join(target, "debug/app")], "bwrap", macros, {})).stdout
            : "";
        return { ...ended, said };
      };
      const enforced = await build("enforce", "enforce");
      expect(enforced.status).toBe(101);
      expect(enforced.stderr).toContain("CARGOGREEN_SANDBOX=prefer");
      const line = "looked for a file that the sandbox may hide";
      if (backend !== "neither") {
        for (const content of ["one", "two"]) {
          await edit(macros, { "undeclared.txt": content });
          const preferred = await build("prefer", content);
          expect(preferred, preferred.stderr).toMatchObject({ status: 0, said: content });
          expect(preferred.stderr).toContain(line);
        }
        await edit(macros, { "undeclared.txt": "one" });
      }
      // Nobody sees what a macro reads without a sandbox (docs/sandbox.md): these results are for a cache of their own.
      for (const mode of backend === "neither" ? ["prefer", "off"] : ["off"]) {
        const cache = world.sandbox.path(`cache-${backend}-${mode}`);
        const plain = await build(mode, mode, { CARGOGREEN_CACHE_DIR: cache });
        expect(plain, plain.stderr).toMatchObject({ status: 0, said: "one" });
        expect(plain.stderr).not.toContain(line);
      }
    },
  );
});

describe.skipIf(PLAIN || process.platform !== "linux")("a build script under enforce", () => {
  it("sees the sources that its build dependency brings along, no others, and is cached", async () => {
    const sandbox = new Sandbox({ env: { CARGOGREEN_SANDBOX: "enforce" } });
    try {
      sandbox.publish({
        "Cargo.toml": manifest("word_src"),
        "src/lib.rs": `pub fn directory() -> &'static str { env!("CARGO_MANIFEST_DIR") }\n`,
        "word.txt": "word",
      });
      sandbox.publish({
        "Cargo.toml": manifest("hidden"),
        "src/lib.rs": "pub fn hidden() {}\n",
      });
      sandbox.publish({
        "Cargo.toml": manifest(
          "word_sys",
          `[dependencies]\nhidden = "1"\n[build-dependencies]\nword_src = "1"\n`,
        ),
        "build.rs": `use std::{env, fs, path::Path};
fn main() {
    let sources = Path::new(word_src::directory());
    assert!(!sources.with_file_name(concat!("hid", "den-1.0.0")).exists());
    let out = env::var("OUT_DIR").unwrap();
    fs::copy(sources.join("word.txt"), Path::new(&out).join("word.txt")).unwrap();
}
`,
        "src/lib.rs": `pub const WORD: &str = include_str!(concat!(env!("OUT_DIR"), "/word.txt"));\n`,
      });
      const app = sandbox.project("app", {
        "Cargo.toml": manifest("app", dependsOn("word_sys")),
        "src/main.rs": `fn main() { print!("{}", word_sys::WORD); }\n`,
      });
      for (const units of [
        { units: 6, built: 6, notCached: 0 },
        { units: 6, built: 0, notCached: 0 },
      ]) {
        const env = { RUSTC: undefined, CARGO_TARGET_DIR: sandbox.path(`target-${units.built}`) };
        const build = await sandbox.green(["build"], { in: app, env });
        expect(build.summary).toMatchObject(units);
        expect(await sandbox.run([join(env.CARGO_TARGET_DIR, "debug/app")], { in: app })).toBe("word");
      }
    } finally {
      sandbox.dispose();
    }
  });
});

describe.skipIf(PLAIN || !existsSync("/dev/shm"))("a project in shared memory", () => {
  it("is sandboxed and cached as everywhere, though sandboxes have a /dev of their own", async () => {
    const sandbox = new Sandbox({ env: { CARGOGREEN_SANDBOX: "enforce", RUSTC: "rustc" } });
    const memory = mkdtempSync("/dev/shm/green-");
    try {
      const app = sandbox.project("app", {
        "Cargo.toml": manifest("app"),
        "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=word.txt");
    let out = std::env::var("OUT_DIR").unwrap() + "/word.txt";
    std::fs::write(out, std::fs::read("word.txt").unwrap()).unwrap();
}
`,
        "word.txt": "word",
        "src/main.rs": `fn main() { print!(include_str!(concat!(env!("OUT_DIR"), "/word.txt"))); }\n`,
      });
      for (const [name, counts] of [
        ["first", { units: 3, built: 3, notCached: 0 }],
        ["second", { units: 3, built: 0, notCached: 0 }],
      ] as const) {
        const checkout = join(memory, name);
        cpSync(app, checkout, { recursive: true });
        const build = await sandbox.green(["build"], { in: checkout });
        expect(build.summary, build.stderr).toMatchObject(counts);
        expect(await sandbox.run([join(checkout, "target/debug/app")], { in: checkout })).toBe("word");
      }
    } finally {
      rmSync(memory, { recursive: true });
      sandbox.dispose();
    }
  });
});
