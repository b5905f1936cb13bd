// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Files } from "./files.ts";
import type { Sandbox } from "./sandbox.ts";

/** A manifest: package table, then whatever follows. */
export function manifest(name: string, rest = ""): string {
  return `[package]\nname = "${name}"\nversion = "1.0.0"\nedition = "2021"\n\n${rest}`;
}

/** `[dependencies]` with version 1 of each. */
export function dependsOn(...names: string[]): string {
  return `[dependencies]\n${names.map((name) => `${name} = "1"\n`).join("")}`;
}

/** A published crate whose only function returns `text`. */
export function textCrate(name: string, text: string): Files {
  return {
    "Cargo.toml": manifest(name),
    "src/lib.rs": `pub fn ${name}() -> &'static str {\n    "${text}"\n}\n`,
  };
}

/**
 * A workspace of a binary and a library over three published crates: a library, a proc-macro, and one with a build
 * script that generates code. It prints `LINE`.
 */
export const WORKSPACE_LINE = "app core leaf 42 generated";

/** Names of all compilations of a first build of `workspace`, sorted. */
export const WORKSPACE_CRATES = ["answer", "app", "build_script_build", "core_lib", "generated", "leaf"];

/** The compilations and the run of a build script. */
export const WORKSPACE_UNITS = WORKSPACE_CRATES.length + 1;

/** Publishes what it needs and writes the project. */
export function workspace(sandbox: Sandbox, name: string): string {
  sandbox.publish(textCrate("leaf", "leaf"));
  sandbox.publish({
    "Cargo.toml": manifest("answer", "[lib]\nproc-macro = true\n"),
    "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn answer(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    "42".parse().unwrap()
}
`,
  });
  sandbox.publish({
    "Cargo.toml": manifest("generated", `build = "build.rs"\n`).replace("\n\nbuild", "\nbuild"),
    "build.rs": `fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/word.rs"), "\\"generated\\"").unwrap();
}
`,
    "src/lib.rs": `pub const WORD: &str = include!(concat!(env!("OUT_DIR"), "/word.rs"));\n`,
  });
  return sandbox.project(name, {
    "Cargo.toml": `[workspace]\nmembers = ["core_lib"]\n\n${manifest(
      "app",
      `[dependencies]\ncore_lib = { path = "core_lib" }\nleaf = "1"\n`,
    )}`,
    "src/main.rs": `fn main() {\n    println!("app {}", core_lib::line(leaf::leaf()));\n}\n`,
    "core_lib/Cargo.toml": manifest("core_lib", dependsOn("answer", "generated")),
    "core_lib/src/lib.rs": `pub fn line(word: &str) -> String {
    format!("core {word} {} {}", answer::answer!(), generated::WORD)
}

#[test]
fn knows_the_answer() {
    assert_eq!(line("x"), "core x 42 generated");
}
`,
  });
}
