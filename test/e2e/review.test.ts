// SPDX-License-Identifier: MIT OR Apache-2.0
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { manifest } from "../support/projects.ts";
import { onlyGreen, Sandbox } from "../support/sandbox.ts";

const WORKSPACE = (...members: string[]) =>
  `[workspace]\nresolver = "2"\nmembers = [${members.map((name) => `"${name}"`).join(", ")}]\n`;

describe("a result is never that of another place, or of another time", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.dispose());

  const runs = async (directory: string, args: readonly string[] = []) =>
    (await sandbox.green(["run", "-q", ...args], { in: directory })).stdout.trimEnd();
  /** Run again in an empty target: everything may be restored. */
  const runsAnew = async (directory: string) => {
    await sandbox.cargo(["clean", "-q"], { in: directory });
    return runs(directory);
  };

  it("where files beside the package, or beside the workspace, are read by relative names", async () => {
    const files = (word: string) => ({
      "outside.txt": word,
      "ws/Cargo.toml": WORKSPACE("app"),
      "ws/shared/x.txt": word,
      "ws/app/Cargo.toml": manifest("app"),
      "ws/app/build.rs": `fn main() {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let workspace = std::path::Path::new(&package).parent().unwrap().to_owned();
    println!("cargo::rerun-if-changed=../shared/x.txt");
    println!("cargo::rustc-env=WORD={}", std::fs::read_to_string(workspace.join("shared/x.txt")).unwrap());
    println!("cargo::rustc-env=PLACE={}", workspace.display());
}
`,
      "ws/app/src/main.rs": `fn main() { println!("{} {} {}", env!("WORD"), env!("PLACE"), OUTSIDE); }
const OUTSIDE: &str = include_str!("../../../outside.txt");
`,
    });
    for (const word of ["one", "two"]) {
      const directory = join(sandbox.project(word, files(word)), "ws");
      await edit(directory, {});
      expect(await runs(directory)).toBe(`${word} ${directory} ${word}`);
    }
    // The same contents at a third path: only the place differs.
    const third = join(sandbox.checkout(sandbox.path("one"), "third"), "ws");
    await edit(third, {});
    expect(await runsAnew(third)).toBe(`one ${third} one`);
  });

  it("where an input is reached through a symbolic link", async () => {
    const project = sandbox.project("one", {
      "shared/word.txt": "first",
      "app/Cargo.toml": manifest("app"),
      "app/build.rs": `fn main() {
    println!("cargo::rerun-if-changed=shared/word.txt");
    println!("cargo::rustc-env=WORD={}", std::fs::read_to_string("shared/word.txt").unwrap());
}
`,
      "app/src/main.rs": `fn main() { println!("{}", env!("WORD")); }\n`,
    });
    const app = join(project, "app");
    symlinkSync("../shared", join(app, "shared"));
    await edit(project, {});
    expect(await runs(app)).toBe("first");
    await edit(project, { "shared/word.txt": "second" });
    expect(await runs(app)).toBe("second");
  });

  it("where a build script reads what the metadata of another one points to", async () => {
    const project = sandbox.project("one", {
      "Cargo.toml": WORKSPACE("sys", "app"),
      "sys/Cargo.toml": manifest("sys", "").replace("[package]\n", '[package]\nlinks = "sys"\n'),
      "sys/src/lib.rs": "",
      "sys/include/sys.h": "1",
      "sys/build.rs": `fn main() {
    println!("cargo::rerun-if-changed=include");
    println!("cargo::metadata=include={}/include", std::env::var("CARGO_MANIFEST_DIR").unwrap());
}
`,
      "app/Cargo.toml": manifest("app", '[dependencies]\nsys = { path = "../sys" }\n'),
      "app/build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let header = std::env::var("DEP_SYS_INCLUDE").unwrap() + "/sys.h";
    println!("cargo::rustc-env=WORD={}", std::fs::read_to_string(header).unwrap());
}
`,
      "app/src/main.rs": `fn main() { println!("{}", env!("WORD")); }\n`,
    });
    await edit(project, {});
    expect(await runs(project)).toBe("1");
    await edit(project, { "sys/include/sys.h": "2" });
    expect(await runs(project)).toBe("2");
  });

  it("where the linker finds an archive that no -l of Cargo's names, or a script another one", async () => {
    const project = sandbox.project("one", {
      "Cargo.toml": manifest("app"),
      "native/foo.c": "int foo(void) { return 1; }\n",
      "first.ld": "INCLUDE second.ld\n",
      "second.ld": "green_symbol = 0x1000;\n",
      "build.rs": `fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-search=native={here}/native");
    println!("cargo::rustc-link-arg=-Wl,-T,{here}/first.ld");
}
`,
      "src/main.rs": `#[link(name = "foo", kind = "static")]
extern "C" { fn foo() -> i32; }
extern "C" { static green_symbol: u8; }
fn main() { println!("{} {:?}", unsafe { foo() }, std::ptr::addr_of!(green_symbol)); }
`,
    });
    const archive =
      "cd native && cc -c foo.c -o foo.o && rm -f libfoo.a && ar crs libfoo.a foo.o && rm foo.o";
    const make = () => sandbox.run(["sh", "-c", archive], { in: project });
    const pie = ["--config", 'build.rustflags=["-Crelocation-model=static"]'];
    const says = async () => {
      await sandbox.cargo(["clean", "-q"], { in: project });
      return runs(project, pie);
    };
    await make();
    await edit(project, {});
    expect(await says()).toBe("1 0x1000");
    await edit(project, { "second.ld": "green_symbol = 0x2000;\n" });
    expect(await says()).toBe("1 0x2000");
    await edit(project, { "native/foo.c": "int foo(void) { return 2; }\n" });
    await make();
    await edit(project, {});
    expect(await says()).toBe("2 0x2000");
  });

  it("where a proc-macro reads a file that is saved meanwhile, or asks git", async () => {
    const project = sandbox.project("one", {
      "Cargo.toml": WORKSPACE("words", "app"),
      ".gitignore": "target\nCargo.lock\n",
      "words/Cargo.toml": manifest("words", "[lib]\nproc-macro = true\n"),
      "words/src/lib.rs": `extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn word(_: TokenStream) -> TokenStream {
    std::thread::sleep(std::time::Duration::from_secs(2));
    let file = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/word.txt";
    format!("{:?}", std::fs::read_to_string(file).unwrap()).parse().unwrap()
}
#[proc_macro]
pub fn head(_: TokenStream) -> TokenStream {
    let said = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().unwrap();
    format!("{:?}", String::from_utf8(said.stdout).unwrap().trim()).parse().unwrap()
}
`,
      "app/Cargo.toml": manifest("app", '[dependencies]\nwords = { path = "../words" }\n'),
      "app/word.txt": "first",
      "app/src/main.rs": `fn main() { println!("{}", words::word!()); }\n`,
    });
    await edit(project, {});
    await sandbox.green(["build", "-q", "-p", "words"], { in: project });
    sandbox.hook("app", "before", `sleep 0.3; printf second > ${project}/app/word.txt`);
    expect(await runs(project)).toBe("second");
    sandbox.unhook("app");
    await edit(project, { "app/word.txt": "first" });
    expect(await runsAnew(project)).toBe("first");

    await edit(project, { "app/src/main.rs": `fn main() { println!("{}", words::head!()); }\n` });
    const git = (...args: string[]) =>
      sandbox.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", ...args], { in: project });
    await git("init", "-q");
    await git("add", ".");
    for (const message of ["one", "two"]) {
      await git("commit", "-q", "--allow-empty", "-m", message);
      expect(await runsAnew(project)).toBe((await git("rev-parse", "HEAD")).trim());
    }
  });

  it("where Clippy is given settings that it did not have", async () => {
    const project = sandbox.project("one", {
      "Cargo.toml": manifest("it"),
      "src/lib.rs": "pub fn f(a: u8, b: u8) -> u8 { a + b }\n",
    });
    await edit(project, {});
    const warned = async () => {
      await sandbox.cargo(["clean", "-q"], { in: project });
      return (await sandbox.green(["clippy"], { in: project })).stderr.includes("too many arguments");
    };
    expect(await warned()).toBe(false);
    await edit(project, { "clippy.toml": "too-many-arguments-threshold = 1\n" });
    expect(await warned()).toBe(true);
  });

  it("and empty directories that a build script makes are there again", async () => {
    const project = sandbox.project("one", {
      "Cargo.toml": manifest("app"),
      "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    std::fs::create_dir_all(std::env::var("OUT_DIR").unwrap() + "/some/empty").unwrap();
}
`,
      "src/main.rs": `fn main() { println!("{}", std::path::Path::new(concat!(env!("OUT_DIR"), "/some/empty")).is_dir()); }\n`,
    });
    await edit(project, {});
    expect(await runs(project)).toBe("true");
    await sandbox.cargo(["clean", "-q"], { in: project });
    const again = await sandbox.green(["run", "-q"], { in: project });
    expect(again.stdout).toBe("true\n");
    onlyGreen(() => expect(again.compiled).toEqual([]));
  });

  it("and a binary that is called like a build script is no build script", async () => {
    const project = sandbox.project("one", {
      "Cargo.toml": manifest("it", '[[bin]]\nname = "build-script-tool"\npath = "src/main.rs"\n'),
      "src/main.rs": `fn main() { println!("a tool"); }\n`,
    });
    await edit(project, {});
    expect(await runs(project)).toBe("a tool");
    expect(await runsAnew(project)).toBe("a tool");
  });

  it("and diagnostics of a path package outside of the workspace have the paths that plain cargo gives", async () => {
    const project = sandbox.project("one", {
      "dep/Cargo.toml": manifest("dep"),
      "dep/src/lib.rs": "pub fn f() { let unused = 1; }\n",
      "ws/Cargo.toml": manifest("app", '[dependencies]\ndep = { path = "../dep" }\n'),
      "ws/src/lib.rs": "pub use dep::f;\n",
    });
    await edit(project, {});
    const { stderr } = await sandbox.green(["build"], { in: join(project, "ws") });
    expect(stderr).toContain(`--> ${project}/dep/src/lib.rs:1:`);
  });

  it("and what is instrumented for coverage speaks of its own checkout, and is restored there", async () => {
    const one = sandbox.project("one", {
      "Cargo.toml": manifest("app"),
      "src/main.rs": `fn main() { println!("covered"); }\n`,
    });
    await edit(one, {});
    const env = { RUSTFLAGS: "-Cinstrument-coverage -Cdebuginfo=0" };
    const build = (directory: string) => sandbox.green(["build"], { in: directory, env });
    await build(one);
    const two = sandbox.checkout(one, "two");
    await edit(two, {});
    for (const directory of [two, one]) {
      expect((await build(directory)).compiled).toEqual(directory === two ? ["app"] : []);
      await sandbox.cargo(["clean", "-q"], { in: directory });
    }
    const again = await build(one);
    onlyGreen(() => expect(again.compiled).toEqual([]));
  });
});
