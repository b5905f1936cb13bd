// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linksByRustLld } from "../../src/cargo/rust-lld.ts";
import { parseRustcArgv } from "../../src/cargo/rustc-argv.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

const LINUX = "x86_64-unknown-linux-gnu";

function links(options: readonly string[], { triple = LINUX, rustc = "1.95.0", env = {} } = {}): boolean {
  const base = ["--crate-name", "m", "--edition=2021", "src/lib.rs", "--crate-type", "proc-macro"];
  const emit = [
    "--emit=dep-info,link",
    "-C",
    "debuginfo=2",
    "-C",
    "strip=debuginfo",
    "--out-dir",
    "/t/debug/deps",
  ];
  const parsed = parseRustcArgv([...base, ...emit, ...options]);
  if ("uncacheable" in parsed) throw new Error(parsed.uncacheable);
  return linksByRustLld(parsed, { triple, rustc }, new Map(Object.entries(env)));
}

test("rustc links by its own lld since 1.90 on x86-64 Linux", () => {
  expect(links([])).toBe(true);
  expect(links(["-C", "target-cpu=x86-64-v3", "--cfg", "x"])).toBe(true);
  for (const rustc of ["1.89.0", "1.9.0", "2.0.0"]) expect(links([], { rustc })).toBe(false);
  expect(links([], { rustc: "1.97.0-nightly" })).toBe(true);
  for (const triple of ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "x86_64-apple-darwin"])
    expect(links([], { triple })).toBe(false);
});

test.each([
  ["-C", "link-arg=-fuse-ld=mold"],
  ["-C", "link-args=-fuse-ld=mold -s"],
  ["-C", "linker=clang"],
  ["-Clinker=/usr/bin/mold-cc"],
  ["-C", "linker-flavor=gnu-cc"],
  ["-C", "linker-features=-lld"],
  ["-C", "link-self-contained=-linker"],
  ["-Z", "unstable-options", "-C", "link-self-contained=-linker"],
])("not with %s %s", (...options) => {
  expect(links(options)).toBe(false);
});

test("nor where something gets in between", () => {
  expect(links([], { env: { LD_PRELOAD: "/usr/lib/mold/mold-wrapper.so" } })).toBe(false);
});

test("a linked file that is linked again is another file: what has another name of it keeps it", () => {
  const directory = temporaryDirectory();
  const [source, library, other] = ["m.rs", "libm.so", "other"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const compile = (value: number) => {
    const body = `pub fn f(_: proc_macro::TokenStream) -> proc_macro::TokenStream { "${value}".parse().unwrap() }`;
    writeFileSync(source, `extern crate proc_macro;\n#[proc_macro]\n${body}\n`);
    execFileSync("rustc", ["--edition=2021", "--crate-type=proc-macro", "-o", library, source]);
  };
  compile(1);
  linkSync(library, other);
  const before = readFileSync(other);
  compile(2222);
  expect(readFileSync(library)).not.toEqual(before);
  expect(readFileSync(other)).toEqual(before);
});
