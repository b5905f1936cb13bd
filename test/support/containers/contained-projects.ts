// SPDX-License-Identifier: MIT OR Apache-2.0
import { dependsOn, manifest } from "../projects.ts";

/** A workspace whose tests, macro and build script find files by the names of places. */
export const TESTED = {
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

/** A crate with C of its own, which it has others see. */
export const NATIVE = {
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

/** A crate that sees it. */
export const NATIVE_USER = {
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
};

/** A build script that goes where it must not. */
export const TRAPPED = `use std::{env, fs, net::TcpStream};
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

/** A workspace whose script asks git, and reads a file beside its package, as does its library. */
export const ASKING = {
  "Cargo.toml": `[workspace]\nmembers = ["asking"]\nresolver = "2"\n`,
  ".gitignore": "target\n",
  "shared/word.txt": "beside",
  "README.md": "around",
  "asking/Cargo.toml": manifest("asking"),
  "asking/build.rs": `use std::{fs, process::Command};
fn main() {
    println!("cargo::rerun-if-changed=../.git/HEAD");
    println!("cargo::rerun-if-changed=../.git/refs");
    println!("cargo::rerun-if-changed=../shared");
    let told = Command::new("git").args(["rev-parse", "HEAD"]).output().unwrap();
    println!("cargo::rustc-env=COMMIT={}", String::from_utf8(told.stdout).unwrap().trim());
    println!("cargo::rustc-env=WORD={}", fs::read_to_string("../shared/word.txt").unwrap());
}
`,
  "asking/src/main.rs": `fn main() {
    print!("{} {} {}", env!("COMMIT"), env!("WORD"), include_str!("../../README.md"));
}
`,
};
