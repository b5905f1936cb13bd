// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dependsOn, manifest, textCrate } from "../support/projects.ts";
import { type Build, PLAIN, Sandbox } from "../support/sandbox.ts";

/** Compiles a C file as `cc` and CMake would: with the launcher that variables name. */
const NATIVE = `use std::{env, process::Command};
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CC");
    println!("cargo::rerun-if-env-changed=CMAKE_C_COMPILER_LAUNCHER");
    println!("cargo::rerun-if-env-changed=NUMBER_OF_TRY");
    let cc = env::var("CC").unwrap_or("cc".to_owned());
    let launcher = env::var("CMAKE_C_COMPILER_LAUNCHER").unwrap_or_default();
    let mut words = launcher.split(';').chain(cc.split(' ')).filter(|word| !word.is_empty());
    let out = env::var("OUT_DIR").unwrap();
    let status = Command::new(words.next().unwrap())
        .args(words).args(["-c", "hello.c", "-o"]).arg(out + "/hello.o").status().expect("the C compiler");
    assert!(status.success());
}
`;

/** Runs a Cargo of its own on \`inner\`. */
const NESTED = `use std::{env, process::Command};
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=NUMBER_OF_TRY");
    let inner = env::var("OUT_DIR").unwrap() + "/inner";
    let output = Command::new(env::var("CARGO").unwrap())
        .args(["run", "--quiet", "--manifest-path", "inner/Cargo.toml", "--target-dir", &inner]).output().unwrap();
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
    println!("cargo::rustc-env=GOT={}", String::from_utf8(output.stdout).unwrap().trim());
}
`;

describe.skipIf(PLAIN || process.platform !== "linux")("what build scripts call in the sandbox", () => {
  let sandbox: Sandbox;
  let native: string;
  beforeAll(() => {
    // The compiler that counts writes where units may not.
    sandbox = new Sandbox({ env: { RUSTC: "rustc" } });
    native = sandbox.project("native", {
      "Cargo.toml": manifest("native"),
      "build.rs": NATIVE,
      "hello.c": "int hello(void) { return 1; }\n",
      "src/lib.rs": "",
    });
    sandbox.publish(textCrate("leaf", "leaf"));
    for (const [name, rest, text] of [
      ["alone", "", `"alone"`],
      ["fetching", dependsOn("leaf"), "leaf::leaf()"],
    ] as const) {
      sandbox.project(name, {
        "Cargo.toml": manifest(name),
        "build.rs": NESTED,
        "src/main.rs": `fn main() { print!("{}", env!("GOT")); }\n`,
        "inner/Cargo.toml": `${manifest("inner", rest)}\n[workspace]\n`,
        "inner/src/main.rs": `fn main() { println!("{}", ${text}); }\n`,
      });
    }
    for (const name of ["ccache", "sccache"]) {
      const path = sandbox.path("home", name);
      writeFileSync(path, `#!/bin/sh\necho $0 >> '${sandbox.path("launched")}' && exec "$@"\n`, {
        mode: 0o755,
      });
    }
  });
  afterAll(() => sandbox.dispose());

  function build(name: string, mode: string, env: Record<string, string>, status = 0): Promise<Build> {
    const PATH = `${sandbox.home}:${sandbox.env()["PATH"]}`;
    const run = {
      NUMBER_OF_TRY: `${mode} ${JSON.stringify(env)}`,
      CARGO_TARGET_DIR: sandbox.path("target", name, mode),
    };
    return sandbox.green(["build"], {
      in: sandbox.path(name),
      env: { PATH, CARGOGREEN_SANDBOX: mode, ...run, ...env },
      expect: status,
    });
  }

  const linesOf = ({ stderr }: Build, text: string) =>
    stderr.split("\n").filter((line) => line.includes(text));

  it.each([
    ["CC", "ccache cc"],
    ["CC", "sccache cc"],
    ["CMAKE_C_COMPILER_LAUNCHER", "ccache"],
    ["CMAKE_C_COMPILER_LAUNCHER", "ccache;--quiet"],
  ])("leaves the launcher of %s=%s out, and says so in a line", async (name, value) => {
    const launcher = value.split(/[ ;]/)[0] ?? "";
    for (const mode of ["prefer", "enforce"]) {
      rmSync(sandbox.path("launched"), { force: true });
      const ended = await build("native", mode, { [name]: value });
      const said = `leaves ${launcher} out of sandboxed units`;
      expect(linesOf(ended, said), ended.stderr).toHaveLength(1);
      expect(linesOf(ended, "CARGOGREEN_"), ended.stderr).toHaveLength(0);
      expect(existsSync(sandbox.path("launched"))).toBe(false);
    }
  });

  it("lets the launcher be without a sandbox", async () => {
    const ended = await build("native", "off", { CC: "ccache cc" });
    expect(linesOf(ended, "ccache")).toHaveLength(0);
    expect(existsSync(sandbox.path("launched"))).toBe(true);
  });

  it("compiles a unit again as it was made, when that is verified", async () => {
    sandbox.publish({
      "Cargo.toml": manifest("peek", "[lib]\nproc-macro = true\n"),
      "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn sees_caches(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    std::path::Path::new("/var/cache").exists().to_string().parse().unwrap()
}
`,
    });
    sandbox.publish({
      "Cargo.toml": manifest("peeker", dependsOn("peek")),
      "src/lib.rs": "pub fn sees() -> bool { peek::sees_caches!() }\n",
    });
    sandbox.project("peeking", {
      "Cargo.toml": manifest("peeking", dependsOn("peeker")),
      "src/main.rs": `fn main() { print!("{}", peeker::sees()); }\n`,
    });
    for (const mode of ["enforce", "off"]) {
      await build("peeking", mode, { CARGOGREEN_CACHE_DIR: sandbox.path(mode) });
      const program = sandbox.path("target/peeking", mode, "debug/peeking");
      expect(await sandbox.run([program], { in: native })).toBe(String(mode === "off"));
      const env = { CARGOGREEN_CACHE_DIR: sandbox.path(mode) };
      const { rebuilt } = (await sandbox.cacheJson(["verify", "--rebuild", "9"], { env })) as {
        rebuilt: { unit: { package: string }; outcome: string; detail: string }[];
      };
      expect(rebuilt.find(({ unit }) => unit.package === "peeker")).toMatchObject({ outcome: "same" });
    }
  });

  it.each(["off", "prefer", "enforce"])("runs a nested cargo that needs no crates under %s", async (mode) => {
    const ended = await build("alone", mode, {});
    expect(linesOf(ended, "sandbox"), ended.stderr).toHaveLength(0);
    expect(await sandbox.run([sandbox.path("target/alone", mode, "debug/alone")], { in: native })).toBe(
      "alone",
    );
  });

  it("lets a nested cargo that needs crates out under prefer, with a line, and names what helps under enforce", async () => {
    const off = await build("fetching", "off", {});
    expect(linesOf(off, "sandbox")).toHaveLength(0);
    const preferred = await build("fetching", "prefer", {});
    const said = "fetching 1.0.0 (build script run) called cargo for crates";
    expect(linesOf(preferred, said), preferred.stderr).toHaveLength(1);
    expect(await sandbox.run([sandbox.path("target/fetching/prefer/debug/fetching")], { in: native })).toBe(
      "leaf",
    );
    const enforced = await build("fetching", "enforce", {}, 101);
    expect(linesOf(enforced, said), enforced.stderr).toHaveLength(1);
    expect(linesOf(enforced, "CARGOGREEN_WITH_NETWORK=fetching")).toHaveLength(1);
  });
});
