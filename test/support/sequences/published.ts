// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Files } from "../files.ts";
import { dependsOn, manifest } from "../projects.ts";

/** Versions of `leaf`, by a lockfile variant's upper bit. */
export const LEAF_VERSIONS = ["1.0.0", "1.0.1"] as const;

/** What `distant` says at its commits, by a lockfile variant's lower bit. */
export const DISTANT_WORDS = ["first", "second"] as const;

function leaf(version: string): Files {
  return {
    "Cargo.toml": manifest("leaf", "[features]\nloud = []\n").replace("1.0.0", version),
    "src/lib.rs": `pub const WORD: &str = if cfg!(feature = "loud") { "leaf-${version}!" } else { "leaf-${version}" };
pub fn word() -> &'static str { WORD }
`,
  };
}

const SPROUT: Files = {
  "Cargo.toml": manifest("sprout", dependsOn("leaf")),
  "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{out}/word.txt"), "sprout").unwrap();
}
`,
  "src/lib.rs": `use std::fmt;
pub struct Word;
pub const WORD: Word = Word;
impl fmt::Display for Word {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "{} {}", include_str!(concat!(env!("OUT_DIR"), "/word.txt")), leaf::WORD)
    }
}
`,
};

/** The crates that the project takes from its registry. */
export const PUBLISHED: readonly Files[] = [...LEAF_VERSIONS.map(leaf), SPROUT];

/** The package in the git repository, at the commit at which it says `word`. */
export function distant(word: string): Files {
  return {
    "Cargo.toml": manifest("distant"),
    "src/lib.rs": `pub const WORD: &str = "${word}";\n`,
  };
}
