// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ContainedSandbox } from "../support/containers/contained.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { until } from "../support/process.ts";
import {
  dependsOn,
  manifest,
  textCrate,
  WORKSPACE_LINE,
  WORKSPACE_UNITS,
  workspace,
} from "../support/projects.ts";
import type { Build } from "../support/sandbox.ts";

describe("a build in containers, and the same build in another checkout", () => {
  let sandbox: ContainedSandbox;
  let first: string;
  let second: string;
  let cold: Build;
  let ran: readonly string[];
  const output = (directory: string) =>
    sandbox.run([join(directory, "target/debug/app")], { in: sandbox.root });

  beforeAll(async () => {
    sandbox = new ContainedSandbox();
    first = workspace(sandbox, "first");
    await sandbox.cargo(["generate-lockfile"], { in: first });
    second = sandbox.checkout(first, "elsewhere/second");
    cold = await sandbox.green(["build"], { in: first });
    ran = sandbox.ran();
  });
  afterAll(() => sandbox.dispose());

  it("runs every unit on the builder and none here", async () => {
    expect(cold.compiled).toEqual([]);
    expect(cold.summary).toMatchObject({ units: WORKSPACE_UNITS, built: WORKSPACE_UNITS, notCached: 0 });
    expect(ran).toHaveLength(WORKSPACE_UNITS);
    expect(await output(first)).toBe(`${WORKSPACE_LINE}\n`);
  });

  it("asks the builder for nothing in the other checkout", async () => {
    const warm = await sandbox.green(["build"], { in: second });
    expect(warm.summary).toMatchObject({ units: WORKSPACE_UNITS, built: 0 });
    expect([warm.compiled, sandbox.ran()]).toEqual([[], []]);
    expect(await output(second)).toBe(`${WORKSPACE_LINE}\n`);
  });

  it("leaves nothing to do for plain cargo, in either checkout", async () => {
    await expectPlainFresh(sandbox, ["build"], { in: first });
    await expectPlainFresh(sandbox, ["build"], { in: second });
  });

  it("says of itself what a host would have said: dep-info names files of this machine", () => {
    const named = readFileSync(join(first, "target/debug/app.d"), "utf8");
    expect(named).toContain(join(first, "src/main.rs"));
    expect(named).not.toContain("/green/");
  });
});

/** A sandbox of one test. */
function contained(): ContainedSandbox {
  const sandbox = new ContainedSandbox();
  onTestFinished(() => sandbox.dispose());
  return sandbox;
}

const TESTED = {
  "Cargo.toml": `[workspace]\nmembers = ["lib", "macros"]\nresolver = "2"\n`,
  "lib/Cargo.toml": manifest("lib", `[dependencies]\nmacros = { path = "../macros" }\n`),
  "lib/build.rs": `fn main() {
    println!("cargo::rerun-if-changed=data/word.txt");
    let word = std::fs::read_to_string("data/word.txt").unwrap();
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/word.rs"), format!("pub const WORD: &str = {word:?};")).unwrap();
    println!("cargo::rustc-env=WORD_FILE={out}/word.rs");
}
`,
  "lib/data/word.txt": "word",
  "lib/src/lib.rs": `include!(concat!(env!("OUT_DIR"), "/word.rs"));
pub const LINES: &str = macros::include_data!();
#[test]
fn finds_data_where_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/word.txt");
    assert_eq!(std::fs::read_to_string(path).unwrap(), WORD);
    assert!(std::fs::read_to_string(env!("WORD_FILE")).unwrap().contains(WORD));
    assert_eq!(LINES, WORD);
}
`,
  "lib/src/bin/tool.rs": `fn main() { print!("{}", lib::WORD); }`,
  "lib/tests/starts.rs": `#[test]
fn starts_the_tool() {
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_tool")).output().unwrap();
    assert_eq!(ended.stdout, b"word");
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/here"), "x").unwrap();
}
`,
  "macros/Cargo.toml": manifest("macros", "[lib]\nproc-macro = true\n"),
  "macros/src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn include_data(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let path = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/data/word.txt";
    format!("include_str!({path:?})").parse().unwrap()
}
`,
};

it("builds tests on the builder and runs them here, where they find what they name", async () => {
  const sandbox = contained();
  const project = sandbox.project("tested", TESTED);
  const tested = await sandbox.green(["test"], { in: project });
  expect(tested.compiled).toEqual([]);
  expect(tested.stdout.match(/test result: ok. 1 passed/g)).toHaveLength(2);
  await expectPlainFresh(sandbox, ["test", "--no-run"], { in: project });
  writeFileSync(join(project, "lib/data/word.txt"), "other");
  expect((await sandbox.green(["test"], { in: project, expect: 101 })).stdout).toContain("starts_the_tool");
  writeFileSync(join(project, "lib/data/word.txt"), "word");
  sandbox.ran();
  const again = await sandbox.green(["test"], { in: project });
  expect([again.summary?.built, again.compiled, sandbox.ran()]).toEqual([0, [], []]);
});

it("compiles the same bytes under the same keys as a host does", async () => {
  const sandbox = contained();
  const first = workspace(sandbox, "first");
  await sandbox.cargo(["generate-lockfile"], { in: first });
  const second = sandbox.checkout(first, "second");
  const libraries = (project: string) => {
    const directory = join(project, "target/debug/deps");
    const names = readdirSync(directory).filter((name) => /\.(rlib|rmeta)$/.test(name));
    return names.map((name) => [name, readFileSync(join(directory, name)).toString("latin1")] as const);
  };
  await sandbox.green(["build"], { in: first });
  const store = { CARGOGREEN_CACHE_DIR: sandbox.path("other-store") };
  await sandbox.green(["build"], { in: second, env: { CARGOGREEN_RUNNER: "host", ...store } });
  expect(new Map(libraries(second))).toEqual(new Map(libraries(first)));
  sandbox.ran();
  const third = sandbox.checkout(first, "third");
  await sandbox.green(["build"], { in: third, env: store });
  // A proc-macro and a build script are made with the image's linker, and so is what is compiled against them.
  expect(sandbox.ran().filter((name) => name.startsWith("leaf "))).toEqual([]);
});

const NATIVE = {
  "Cargo.toml": manifest("two-sys", `links = "two"\nbuild = "build.rs"\n`).replace("\n\nlinks", "\nlinks"),
  "two.c": "int two(void) { return TWO; }\n",
  "two.h": "#define TWO 2\n",
  "build.rs": `use std::{env, fs, path::Path, process::Command};
fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let include = Path::new(&out).join("include");
    // As some do, whatever is there.
    fs::remove_dir_all(&include).ok();
    fs::create_dir_all(&include).unwrap();
    fs::copy("two.h", include.join("two.h")).unwrap();
    let run = |program: &str, args: &[&str]| assert!(Command::new(program).args(args).current_dir(&out).status().unwrap().success());
    let source = env::current_dir().unwrap().join("two.c");
    run("cc", &["-g", "-c", source.to_str().unwrap(), "-include", "include/two.h", "-o", "two.o"]);
    run("ar", &["crs", "libtwo.a", "two.o"]);
    fs::write(include.join("two.txt"), format!("prefix={out}")).unwrap();
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rustc-link-lib=static=two");
    println!("cargo::metadata=include={}", include.display());
    println!("cargo::rerun-if-changed=two.c");
    println!("cargo::rerun-if-changed=two.h");
    env::var("NUM_JOBS").unwrap();
}
`,
  "src/lib.rs": `extern "C" { fn two() -> i32; }\npub fn call() -> i32 { unsafe { two() } }\n`,
};

it("has C compiled by the image, and others see what that left", async () => {
  const sandbox = contained();
  sandbox.publish(NATIVE);
  sandbox.publish({
    "Cargo.toml": manifest("user", `build = "build.rs"\n${dependsOn("two-sys")}`).replace(
      "\n\nbuild",
      "\nbuild",
    ),
    "build.rs": `fn main() {
    let include = std::env::var("DEP_TWO_INCLUDE").unwrap();
    let header = std::fs::read_to_string(format!("{include}/two.h")).unwrap();
    let prefix = std::fs::read_to_string(format!("{include}/two.txt")).unwrap();
    assert!(include.starts_with(prefix.strip_prefix("prefix=").unwrap()), "{include} is not below {prefix}");
    println!("cargo::rustc-env=HEADER={}", header.trim());
}
`,
    "src/lib.rs": `pub fn line() -> String { format!("{} {}", env!("HEADER"), two_sys::call()) }\n`,
  });
  const project = sandbox.project("app", {
    "Cargo.toml": manifest("app", dependsOn("user")),
    "src/main.rs": `fn main() { print!("{}", user::line()); }\n`,
  });
  const cold = await sandbox.green(["run"], { in: project });
  expect([cold.stdout, cold.compiled]).toEqual(["#define TWO 2 2", []]);
  await expectPlainFresh(sandbox, ["build"], { in: project });
  // Restored, and then seen by a script that is run anew.
  sandbox.forget();
  const again = sandbox.checkout(project, "again");
  await sandbox.cache(["rm", "user", "--yes"]);
  const warm = await sandbox.green(["run"], { in: again });
  expect([warm.stdout, warm.compiled]).toEqual(["#define TWO 2 2", []]);
});

const TRAPPED = `use std::{env, fs, net::TcpStream};
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    match env::var("TRAP").unwrap().as_str() {
        "network" => drop(TcpStream::connect(env::var("TRAP_ADDRESS").unwrap()).unwrap()),
        "source" => fs::write("src/written.txt", "x").unwrap(),
        "elsewhere" => fs::write(env::var("TRAP_FILE").unwrap(), "x").unwrap(),
        _ => drop(fs::read_to_string(env::var("TRAP_HOME").unwrap() + "/greeting").unwrap()),
    }
}
`;

it.each(["network", "source", "elsewhere", "home"])("refuses a script that goes for: %s", async (trap) => {
  const sandbox = contained();
  const server = await listening();
  writeFileSync(join(sandbox.home, "greeting"), "hello");
  mkdirSync(sandbox.path("elsewhere"));
  sandbox.publish({ ...textCrate("trap", "x"), "build.rs": TRAPPED });
  const project = sandbox.project("app", {
    "Cargo.toml": manifest("app", dependsOn("trap")),
    "src/main.rs": 'fn main() { print!("{}", trap::trap()); }\n',
    ".cargo/config.toml": [
      "[env]",
      `TRAP = "${trap}"`,
      `TRAP_ADDRESS = "${addressOf(server)}"`,
      `TRAP_FILE = "${sandbox.path("elsewhere/written")}"`,
      `TRAP_HOME = "${sandbox.home}"`,
      "",
    ].join("\n"),
  });
  const failed = await sandbox.green(["build"], { in: project, expect: 101 });
  expect(failed.stderr).toContain("failed to run custom build command for `trap v1.0.0`");
  expect(readdirSync(sandbox.path("elsewhere"))).toEqual([]);
  if (trap === "network") {
    await sandbox.green(["build"], { in: project, env: { CARGOGREEN_WITH_NETWORK: "trap" } });
  }
});

async function listening(): Promise<Server> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return server;
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : "";
}

it("shows a variable that turns out to be declared, and runs again for another value of it", async () => {
  const sandbox = contained();
  const project = sandbox.project("app", {
    "Cargo.toml": manifest("app"),
    "build.rs": `fn main() {
    println!("cargo::rerun-if-env-changed=FLAVOR");
    println!("cargo::rustc-env=GOT={:?}", std::env::var("FLAVOR").ok());
}
`,
    "src/main.rs": 'fn main() { print!("{}", env!("GOT")); }\n',
  });
  const says = async (FLAVOR: string) =>
    (await sandbox.green(["run"], { in: project, env: { FLAVOR } })).stdout;
  expect(await says("sweet")).toBe('Some("sweet")');
  expect(await says("sour")).toBe('Some("sour")');
});

it("fails as plain cargo does, word for word", async () => {
  const sandbox = contained();
  const project = sandbox.project("app", {
    "Cargo.toml": manifest("app"),
    "src/main.rs": "fn main() { let x: i32 = missing(); unused }\n",
  });
  const plain = await sandbox.cargo(["build"], { in: project, expect: 101 });
  const green = await sandbox.green(["build"], { in: project, expect: 101 });
  const errors = (stderr: string) => stderr.slice(stderr.indexOf("error"));
  expect(errors(green.stderr)).toContain(errors(plain.stderr));
});

describe("where the builder goes away", () => {
  const lost = { GREEN_TEST_BUILDER_LOSES: "leaf" };

  it("a build fails in a clear line, and the next one works", async () => {
    const sandbox = contained();
    const project = workspace(sandbox, "project");
    const failed = await sandbox.green(["build"], { in: project, env: lost, expect: 101 });
    expect(failed.stderr).toContain(
      "cargo-green: leaf 1.0.0 (lib) did not run on bwrap (CARGOGREEN_RUNNER=buildkit)",
    );
    expect(failed.compiled).toEqual([]);
    const next = await sandbox.green(["build"], { in: project });
    expect(next.summary?.notCached).toBe(0);
  });

  it("with `auto` it goes on here, says so once, and keeps nothing of that", async () => {
    const sandbox = contained();
    const project = workspace(sandbox, "project");
    const env = { CARGOGREEN_RUNNER: "auto" };
    const saved = await sandbox.green(["build"], { in: project, env: { ...lost, ...env } });
    expect(saved.stderr.match(/goes on without the builder/g)).toHaveLength(1);
    expect(saved.compiled).toContain("leaf");
    expect(saved.summary?.notCached).toBeGreaterThan(0);
    await sandbox.cargo(["clean"], { in: project });
    const next = await sandbox.green(["build"], { in: project, env });
    expect([next.compiled, next.summary?.notCached]).toEqual([[], 0]);
  });
});

it("ends at ^C with everything that runs, and the next build works", async () => {
  const sandbox = contained();
  const project = sandbox.project("app", {
    "Cargo.toml": manifest("app"),
    "build.rs": `fn main() {
    if std::path::Path::new("slow").exists() { std::thread::sleep(std::time::Duration::from_secs(600)); }
    println!("cargo::rerun-if-changed=slow");
}
`,
    slow: "",
    "src/main.rs": "fn main() {}\n",
  });
  const build = sandbox.startGreen(["build"], { in: project });
  await until("the script runs", () => sandbox.ran().some((name) => name.includes("build script")));
  process.kill(-build.pid, "SIGINT");
  const ended = await build.ended;
  expect(ended.signal ?? ended.status).toBe("SIGINT");
});
