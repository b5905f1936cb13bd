// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit, type Files, touch } from "../support/files.ts";
import { expectPlainFresh } from "../support/fresh.ts";
import { dependsOn, manifest } from "../support/projects.ts";
import { onlyGreen, Sandbox } from "../support/sandbox.ts";

/** Compiles `native.c` into a static archive in OUT_DIR, without any helper crate. */
const COMPILE_C = `
use std::process::Command;
fn compile() -> String {
    let out = std::env::var("OUT_DIR").unwrap();
    let object = format!("{out}/native.o");
    let archive = format!("{out}/libnative.a");
    assert!(Command::new("cc").args(["-c", "-fPIC", "native.c", "-o", &object]).status().unwrap().success());
    assert!(Command::new("ar").args(["crs", &archive, &object]).status().unwrap().success());
    println!("cargo::rerun-if-changed=native.c");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-search=native={out}");
    out
}
`;

describe("build scripts", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  const runApp = (directory: string) => sandbox.run(["target/debug/app"], { in: directory });

  /** A statement that notes, behind Cargo's back, that the script ran. */
  const noteRun = () =>
    `std::fs::OpenOptions::new().create(true).append(true).open("${sandbox.path("runs.log")}")
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"ran\\n")).unwrap();`;

  /** How often a script with `noteRun` ran since the last call. */
  function runs(): number {
    const log = sandbox.path("runs.log");
    if (!existsSync(log)) return 0;
    const count = readFileSync(log, "utf8").split("\n").filter(Boolean).length;
    rmSync(log);
    return count;
  }

  it("relink the app when only the C file of a dependency's dependency was edited", async () => {
    const one = sandbox.project("one", {
      "Cargo.toml": `[workspace]\nmembers = ["mid", "sys"]\n\n${manifest("app", `[dependencies]\nmid = { path = "mid" }\n`)}`,
      "src/main.rs": `fn main() { println!("{}", mid::number()); }\n`,
      "mid/Cargo.toml": manifest("mid", `[dependencies]\nsys = { path = "../sys" }\n`),
      "mid/src/lib.rs": "pub fn number() -> i32 { unsafe { sys::native_number() } }\n",
      "sys/Cargo.toml": manifest("sys"),
      "sys/build.rs": `${COMPILE_C}fn main() { compile(); println!("cargo::rustc-link-lib=static=native"); }\n`,
      "sys/native.c": "int native_number(void) { return 1; }\n",
      "sys/src/lib.rs": `extern "C" { pub fn native_number() -> i32; }\n`,
    });
    await sandbox.green(["build"], { in: one });
    expect(await runApp(one)).toBe("1\n");
    const two = sandbox.checkout(one, "two");
    await edit(two, { "sys/native.c": "int native_number(void) { return 2; }\n" });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("2\n");
    await edit(one, { "sys/native.c": "int native_number(void) { return 3; }\n" });
    await sandbox.green(["build"], { in: one });
    expect(await runApp(one)).toBe("3\n");
    await edit(one, { "sys/native.c": "int native_number(void) { return 1; }\n" });
    const back = await sandbox.green(["build"], { in: one });
    expect(await runApp(one)).toBe("1\n");
    onlyGreen(() => expect(back.compiled).toEqual([]));
    await expectPlainFresh(sandbox, ["build"], { in: one });
    await expectPlainFresh(sandbox, ["build"], { in: two });
  });

  it("keep the modifiers of native libraries: whole-archive, bundling, order", async () => {
    const hello = `#include <stdio.h>
__attribute__((constructor)) static void hello(void) { puts("constructed"); fflush(stdout); }
`;
    const files = {
      "Cargo.toml": `[workspace]\nmembers = ["sys"]\n\n${manifest("app", `[dependencies]\nsys = { path = "sys" }\n`)}`,
      "src/main.rs": `fn main() { sys::touch(); println!("main"); }\n`,
      "sys/Cargo.toml": manifest("sys"),
      "sys/build.rs": `${COMPILE_C}fn main() { compile(); println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=native"); }\n`,
      "sys/native.c": hello,
      "sys/src/lib.rs": "pub fn touch() {}\n",
    };
    const one = sandbox.project("one", files);
    await sandbox.green(["build"], { in: one });
    expect(await runApp(one)).toBe("constructed\nmain\n");
    const two = sandbox.checkout(one, "two");
    const build = await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("constructed\nmain\n");
    onlyGreen(() => expect(build.compiled).toEqual([]));
    rmSync(one, { recursive: true });
    await edit(two, { "src/main.rs": `fn main() { println!("relinked"); sys::touch(); }\n` });
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("constructed\nrelinked\n");
    const files3: Files = {
      "sys/build.rs": files["sys/build.rs"].replace("+whole-archive,-bundle", "-whole-archive,-bundle"),
    };
    await edit(two, files3);
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe("relinked\n");
  });

  it("of published crates run once: output directory, directives and metadata follow the checkout", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("origin").replace("edition", `links = "origin"\nedition`),
      "build.rs": `fn main() {
    ${noteRun()}
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::create_dir_all(format!("{out}/nested")).unwrap();
    std::fs::write(format!("{out}/nested/data.txt"), "data").unwrap();
    std::fs::write(format!("{out}/tool.sh"), "#!/bin/sh\\necho tool\\n").unwrap();
    std::fs::set_permissions(format!("{out}/tool.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=GENERATED={out}/nested/data.txt");
    println!("cargo::rustc-cfg=found");
    println!("cargo::rustc-check-cfg=cfg(found)");
    println!("cargo::metadata=root={out}");
    println!("cargo::warning=only shown for path packages");
}
`,
      "src/lib.rs": `pub const GENERATED: &str = env!("GENERATED");
pub const FOUND: bool = cfg!(found);
`,
    });
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app", dependsOn("origin")),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=ROOT={}", std::env::var("DEP_ORIGIN_ROOT").unwrap());
}
`,
      "src/main.rs": `fn main() {
    println!("{}\\n{}\\n{}", env!("ROOT"), origin::GENERATED, origin::FOUND);
    println!("{}", std::fs::read_to_string(origin::GENERATED).unwrap());
    let tool = std::process::Command::new(concat!(env!("ROOT"), "/tool.sh")).output().unwrap();
    print!("{}", String::from_utf8(tool.stdout).unwrap());
}
`,
    });
    await sandbox.cargo(["generate-lockfile"], { in: one });
    const two = sandbox.checkout(one, "two");
    for (const project of [one, two]) {
      const build = await sandbox.green(["build"], { in: project });
      const lines = (await runApp(project)).split("\n");
      expect(lines[0]?.startsWith(`${project}/target/debug/build/origin-`), lines[0]).toBe(true);
      expect(lines).toEqual([lines[0], `${lines[0]}/nested/data.txt`, "true", "data", "tool", ""]);
      expect(runs()).toBe(project === one ? 1 : build.summary === undefined ? 1 : 0);
      await expectPlainFresh(sandbox, ["build"], { in: project });
    }
  });

  it("may leave symbolic links, empty directories and unreadable names in their output directory", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("odd"),
      "build.rs": `use std::os::unix::ffi::OsStrExt;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/data.txt"), "data").unwrap();
    std::fs::create_dir_all(format!("{out}/nested/empty")).unwrap();
    std::os::unix::fs::symlink("data.txt", format!("{out}/link.txt")).unwrap();
    std::os::unix::fs::symlink("/nowhere", format!("{out}/dangling")).unwrap();
    std::fs::write(std::path::Path::new(&out).join(std::ffi::OsStr::from_bytes(b"\\xff\\xfe")), "odd").unwrap();
    println!("cargo::rerun-if-changed=build.rs");
}
`,
      "src/lib.rs": `pub const DATA: &str = include_str!(concat!(env!("OUT_DIR"), "/link.txt"));
pub const OUT: &str = env!("OUT_DIR");
`,
    });
    const files = {
      "Cargo.toml": manifest("app", dependsOn("odd")),
      "src/main.rs": `fn main() {
    println!("{} {}", odd::DATA, std::fs::read_dir(odd::OUT).unwrap().count());
    println!("{}", std::path::Path::new(odd::OUT).join("nested/empty").is_dir());
    println!("{}", std::fs::symlink_metadata(format!("{}/dangling", odd::OUT)).unwrap().is_symlink());
}
`,
    };
    for (const name of ["one", "two"]) {
      const project = sandbox.project(name, files);
      await sandbox.green(["build"], { in: project });
      expect(await runApp(project)).toBe("data 5\ntrue\ntrue\n");
      await expectPlainFresh(sandbox, ["build"], { in: project });
    }
  });

  it("of path packages run once if they declare what they read, and each time one of these changes", async () => {
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    ${noteRun()}
    println!("cargo::rerun-if-changed=word.txt");
    println!("cargo::rerun-if-env-changed=WORD_SUFFIX");
    let word = std::fs::read_to_string("word.txt").unwrap();
    let suffix = std::env::var("WORD_SUFFIX").unwrap_or_default();
    println!("cargo::rustc-env=WORD={}{}", word.trim(), suffix);
}
`,
      "src/main.rs": `fn main() { println!("{}", env!("WORD")); }\n`,
      "word.txt": "first\n",
    });
    const build = async (directory: string, env: Record<string, string> = {}) => {
      const result = await sandbox.green(["build"], { in: directory, env });
      return { said: await runApp(directory), runs: runs(), compiled: result.compiled };
    };
    expect(await build(one)).toMatchObject({ said: "first\n", runs: 1 });
    const two = sandbox.checkout(one, "two");
    const restored = await build(two);
    expect(restored.said).toBe("first\n");
    onlyGreen(() => expect(restored).toMatchObject({ runs: 0, compiled: [] }));
    await edit(two, { "word.txt": "second\n" });
    expect(await build(two)).toMatchObject({ said: "second\n", runs: 1 });
    expect(await build(two, { WORD_SUFFIX: "!" })).toMatchObject({ said: "second!\n", runs: 1 });
    expect((await build(one, { WORD_SUFFIX: "!" })).said).toBe("first!\n");
    await edit(one, { "word.txt": "second\n" });
    const met = await build(one, { WORD_SUFFIX: "!" });
    expect(met.said).toBe("second!\n");
    onlyGreen(() => expect(met).toMatchObject({ runs: 0, compiled: [] }));
    await expectPlainFresh(sandbox, ["build"], { in: one, env: { WORD_SUFFIX: "!" } });
  });

  it("of path packages that declare nothing run in every checkout", async () => {
    const git = (directory: string, ...args: string[]) =>
      sandbox.run(["git", "-c", "user.name=x", "-c", "user.email=x", ...args], { in: directory });
    const one = sandbox.project("one", {
      ".gitignore": "target\n",
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    let head = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().unwrap();
    println!("cargo::rustc-env=HEAD={}", String::from_utf8(head.stdout).unwrap().trim());
}
`,
      "src/main.rs": `fn main() { println!("{}", env!("HEAD")); }\n`,
    });
    await git(one, "init", "-q");
    await git(one, "add", ".");
    await git(one, "commit", "-qm", "one");
    await sandbox.green(["build"], { in: one });
    expect(await runApp(one)).toBe(await git(one, "rev-parse", "HEAD"));
    const two = sandbox.path("two");
    await git(sandbox.root, "clone", "-q", one, two);
    await git(two, "commit", "-q", "--allow-empty", "-m", "two");
    await sandbox.green(["build"], { in: two });
    expect(await runApp(two)).toBe(await git(two, "rev-parse", "HEAD"));
    expect(await runApp(two)).not.toBe(await runApp(one));
    await sandbox.green(["build"], { in: one });
    expect(await runApp(one)).toBe(await git(one, "rev-parse", "HEAD"));
  });

  it("that fail, fail as with plain cargo, each time", async () => {
    const project = sandbox.project("one", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() { println!("to stdout"); eprintln!("to stderr"); std::process::exit(3); }\n`,
      "src/main.rs": "fn main() {}\n",
    });
    const plain = await sandbox.cargo(["build"], { in: project, expect: 101 });
    expect(plain.stderr).toContain("exit status: 3");
    for (const _ of [1, 2]) {
      const green = await sandbox.green(["build"], { in: project, expect: 101 });
      expect(green.stderr.split("\n").filter((line) => !line.startsWith("       Green"))).toEqual(
        plain.stderr.split("\n"),
      );
    }
    await edit(project, { "build.rs": `fn main() { println!("cargo::rerun-if-changed=build.rs"); }\n` });
    await sandbox.green(["build"], { in: project });
  });

  it("see what cargo gives them: arguments, environment, directory, and no wrapper of ours", async () => {
    const report = `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut lines = vec![
        format!("cwd {}", std::env::current_dir().unwrap().display()),
        format!("argc {}", std::env::args().count()),
    ];
    for (name, value) in std::env::vars() {
        if !matches!(&*name, "CARGO_MAKEFLAGS" | "MAKEFLAGS" | "MFLAGS") { lines.push(format!("{name}={value}")); }
    }
    lines.sort();
    std::fs::write("${sandbox.path("report.txt")}", lines.join("\\n")).unwrap();
}
`;
    const files = { "Cargo.toml": manifest("app"), "build.rs": report, "src/main.rs": "fn main() {}\n" };
    const project = sandbox.project("one", files);
    const read = () => readFileSync(sandbox.path("report.txt"), "utf8").split("\n");
    await sandbox.cargo(["build"], { in: project });
    const plain = read();
    rmSync(join(project, "target"), { recursive: true });
    await sandbox.green(["build"], { in: project });
    const ours = /^(CARGOGREEN_|RUSTC_WRAPPER=|_=|SHLVL=|PWD=|OLDPWD=)/;
    expect(read().filter((line) => !ours.test(line))).toEqual(plain.filter((line) => !ours.test(line)));
  });

  it("run as plain cargo runs them when the store is gone or the target was copied elsewhere", async () => {
    const files = {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    ${noteRun()}
    println!("cargo::rerun-if-changed=word.txt");
    println!("cargo::rustc-env=WORD={}", std::fs::read_to_string("word.txt").unwrap().trim());
}
`,
      "src/main.rs": `fn main() { println!("{}", env!("WORD")); }\n`,
      "word.txt": "first",
    };
    const one = sandbox.project("one", files);
    await sandbox.green(["build"], { in: one });
    runs();
    await edit(one, { "word.txt": "second" });
    const plain = await sandbox.cargo(["build"], { in: one });
    expect(await runApp(one)).toBe("second\n");
    expect(runs()).toBe(1);
    expect(plain.compiled).toEqual(["app"]);
    await sandbox.run(["cp", "-a", one, sandbox.path("copied")], { in: sandbox.root });
    rmSync(sandbox.store, { recursive: true, force: true });
    rmSync(one, { recursive: true });
    const copied = sandbox.path("copied");
    await edit(copied, { "word.txt": "third" });
    await sandbox.cargo(["build"], { in: copied });
    expect(await runApp(copied)).toBe("third\n");
    await edit(copied, { "word.txt": "fourth" });
    await sandbox.green(["build"], { in: copied });
    expect(await runApp(copied)).toBe("fourth\n");
    touch(join(copied, "build.rs"));
    await sandbox.cargo(["build"], { in: copied });
    expect(await runApp(copied)).toBe("fourth\n");
  });
});

describe("build scripts that probe the compiler", () => {
  it("reach rustc at once, and are restored like others (proc-macro2, thiserror, anyhow)", async () => {
    const sandbox = new Sandbox({ cargoHome: "machine" });
    try {
      const one = sandbox.project("one", {
        "Cargo.toml": manifest("app", dependsOn("anyhow", "thiserror", "proc-macro2")),
        "src/main.rs": `#[derive(Debug, thiserror::Error)]
#[error("the error")]
struct TheError;

fn main() -> anyhow::Result<()> {
    let error = anyhow::Error::new(TheError).context("context");
    println!("{error:#} {}", "1 + 2".parse::<proc_macro2::TokenStream>().unwrap());
    Ok(())
}
`,
      });
      await sandbox.cargo(["generate-lockfile"], { in: one });
      await sandbox.cargo(["fetch"], { in: one });
      const two = sandbox.checkout(one, "two");
      const cold = await sandbox.green(["build"], { in: one });
      const compiled = cold.compiled.filter((name) => name !== "build_script_build");
      expect(compiled).toEqual([...new Set(compiled)]);
      expect(compiled).toEqual(expect.arrayContaining(["anyhow", "app", "proc_macro2", "thiserror"]));
      const warm = await sandbox.green(["build"], { in: two });
      onlyGreen(() => expect(warm.compiled).toEqual([]));
      for (const project of [one, two]) {
        expect(await sandbox.run(["target/debug/app"], { in: project })).toBe("context: the error 1 + 2\n");
        await expectPlainFresh(sandbox, ["build"], { in: project });
      }
    } finally {
      sandbox.dispose();
    }
  });
});
