// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What others publish, of each kind that a build treats in its own way. */
const CRATES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: { "src/lib.rs": "pub fn two() -> u32 { 2 }" },
  scripted: {
    "build.rs": `fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    std::fs::write(format!("{}/made.rs", std::env::var("OUT_DIR").unwrap()), "pub const MADE: u32 = 3;").unwrap();
}`,
    "src/lib.rs": 'include!(concat!(env!("OUT_DIR"), "/made.rs"));',
  },
  derived: {
    "src/lib.rs": `extern crate proc_macro;
#[proc_macro]
pub fn four(_: proc_macro::TokenStream) -> proc_macro::TokenStream { "4u32".parse().unwrap() }`,
  },
};

/**
 * Writes a package that depends on some of a registry, which are vendored, so that it needs no network; and below
 * `directory/machine` the settings of Cargo.
 */
export function writeSampleProject(directory: string): void {
  for (const [name, files] of Object.entries(CRATES)) {
    const crate = join("vendor", name);
    const isMacro = name === "derived" ? "[lib]\nproc-macro = true\n" : "";
    const manifest = `[package]\nname = "${name}"\nversion = "1.0.0"\nedition = "2021"\n${isMacro}`;
    const checksum = createHash("sha256").update(name).digest("hex");
    write(directory, {
      [join(crate, "Cargo.toml")]: manifest,
      [join(crate, ".cargo-checksum.json")]: JSON.stringify({ files: {}, package: checksum }),
      ...Object.fromEntries(Object.entries(files).map(([path, text]) => [join(crate, path), text])),
    });
  }
  const dependencies = Object.keys(CRATES).map((name) => `${name} = "1"\n`);
  write(directory, {
    "Cargo.toml": `[package]\nname = "sample"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\n${dependencies.join("")}`,
    "src/lib.rs": "pub fn nine() -> u32 { plain::two() + scripted::MADE + derived::four!() }",
    "src/main.rs": 'fn main() { println!("{}", sample::nine()); }',
    ".cargo/config.toml": `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n`,
  });
}

function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
