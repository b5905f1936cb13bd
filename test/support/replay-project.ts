// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { dependsOn, manifest, textCrate } from "./projects.ts";
import type { Build, Sandbox } from "./sandbox.ts";

/** What the program of `replayProject` prints. */
export const REPLAY_LINE = "app leaf 42 generated spoken word shared";

/** Names of its compilations, sorted; three of them are build scripts'. */
export const REPLAY_CRATES = [
  ...["answer", "app", "build_script_build", "build_script_build", "build_script_build", "core_lib"],
  ...["generated", "leaf", "speaker_sys"],
];
/** Its compilations and the runs of its build scripts. */
export const REPLAY_UNITS = REPLAY_CRATES.length + 3;
/** Those among them whose package is a member of the workspace. */
export const REPLAY_MEMBERS = ["app", "build_script_build", "core_lib"];

/** A manifest with a build script. */
export function withScript(name: string, rest = "", keys = ""): string {
  return manifest(name, rest).replace("\n\n", `\nbuild = "build.rs"\n${keys}\n`);
}

/**
 * A workspace with what Cargo makes units of: published libraries, a proc-macro, build scripts with and without
 * `rerun-if`, with OUT_DIR and with `links`; a member with a build script that watches a file by its absolute path,
 * with a source outside of its package, and with a warning.
 */
export function replayProject(sandbox: Sandbox, name: string): string {
  publishReplayCrates(sandbox);
  return sandbox.project(name, {
    "Cargo.toml": `[workspace]\nmembers = ["core_lib"]\nresolver = "2"\n\n${manifest(
      "app",
      `[dependencies]\ncore_lib = { path = "core_lib" }\nleaf = "1"\n`,
    )}`,
    "src/main.rs": `fn main() {\n    println!("app {} {}", leaf::leaf(), core_lib::line());\n}\n`,
    "shared.txt": "shared",
    "core_lib/Cargo.toml": withScript("core_lib", dependsOn("answer", "generated", "speaker-sys")),
    "core_lib/build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}/word.txt", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    println!("cargo::rerun-if-env-changed=REPLAY_WORD");
    let word = std::env::var("REPLAY_WORD").unwrap_or(std::fs::read_to_string("word.txt").unwrap());
    println!("cargo::rustc-env=WORD={word}");
    assert_eq!(std::env::var("DEP_SPEAKER_TONE").unwrap(), "low");
}
`,
    "core_lib/word.txt": "word",
    "core_lib/src/lib.rs": `fn nobody_calls_it() {}
pub fn line() -> String {
    let shared = include_str!("../../shared.txt");
    format!("{} {} {} {} {shared}", answer::answer!(), generated::WORD, speaker_sys::SPOKEN, env!("WORD"))
}

#[test]
fn knows_the_answer() {
    assert!(line().starts_with("42 generated"));
}
`,
  });
}

function publishReplayCrates(sandbox: Sandbox): void {
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
    "Cargo.toml": withScript("generated"),
    "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::create_dir_all(format!("{out}/deep")).unwrap();
    std::fs::write(format!("{out}/deep/word.rs"), "\\"generated\\"").unwrap();
}
`,
    "src/lib.rs": `pub const WORD: &str = include!(concat!(env!("OUT_DIR"), "/deep/word.rs"));\n`,
  });
  sandbox.publish({
    "Cargo.toml": withScript("speaker-sys", "", `links = "speaker"\n`),
    "build.rs": `fn main() {
    println!("cargo::metadata=tone=low");
    println!("cargo::rustc-env=SPOKEN=spoken");
}
`,
    "src/lib.rs": `pub const SPOKEN: &str = env!("SPOKEN");\n`,
  });
}

/** Fails unless every unit of a build was laid down before Cargo started. */
export function expectReplayed(build: Build, units: number): void {
  expect(build.compiled).toEqual([]);
  expect(build.summary, build.stderr).toEqual({
    units,
    replayed: units,
    restored: 0,
    built: 0,
    notCached: 0,
  });
}

/** Names of all that is below a directory, sorted; without what a stand-in for a build script has beside it. */
export function namesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((name) => !name.endsWith(".green-real"))
    .sort();
}
