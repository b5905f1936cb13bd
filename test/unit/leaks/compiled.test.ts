// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elfOf } from "./containers.ts";
import { scanBoth } from "./scan-both.ts";
import { wordsOf } from "./words.ts";

const TOKEN = "tok-5f2a9c71d3";
let scratch: string;
let home: string;
let source: string;

const LIBRARY = `
//! A crate that says nothing of anybody.
pub fn answer(of: &[u64]) -> u64 { of.iter().fold(7, |sum, each| sum.wrapping_mul(31).wrapping_add(*each)) }
#[inline] pub fn twice(of: u64) -> u64 { of * 2 }
`;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "green-leaks-"));
  home = join(scratch, "home", "alice-of-acme");
  source = join(home, "work");
  mkdirSync(source, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(source, name), text);
  write("clean.rs", LIBRARY);
  write("const.rs", `${LIBRARY} pub fn home() -> &'static str { env!("SOME_HOME") }`);
  write("included.rs", `${LIBRARY} pub fn token() -> &'static str { include_str!("token.txt") }`);
  write("token.txt", TOKEN);
  write(
    "wide.rs",
    `${LIBRARY} pub static HOME: [u16; 13] = [${[..."alice-of-acme"].map((c) => c.charCodeAt(0)).join(",")}];`,
  );
  write("main.rs", `${LIBRARY} fn main() { println!("{}", twice(answer(&[1, 2]))) }`);
  write(
    "macro.rs",
    `extern crate proc_macro; use proc_macro::TokenStream;
     /// Found in the documentation: ${TOKEN}
     #[proc_macro] pub fn nothing(_: TokenStream) -> TokenStream { TokenStream::new() }`,
  );
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Compiles one of the sources, with everybody's paths unless told otherwise, and gives the bytes. */
function compile(name: string, kind: string, ...flags: string[]): Buffer {
  const out = join(source, `${name}-${kind}-${Math.random().toString(36).slice(2)}.out`);
  execFileSync("rustc", ["--edition=2021", "--crate-type", kind, `${name}.rs`, "-o", out, ...flags], {
    cwd: source,
    env: { ...process.env, SOME_HOME: home },
    stdio: ["ignore", "ignore", "pipe"],
  });
  return readFileSync(out);
}

const remapped = () => [`--remap-path-prefix=${source}=/src`];
const WORDS = () =>
  wordsOf({ homes: [home], userNames: ["alice-of-acme"], secrets: [{ name: "API_TOKEN", value: TOKEN }] });
const scan = async (bytes: Buffer) => (await scanBoth("out", bytes, WORDS())).map(({ what }) => what);

describe("what rustc made", { timeout: 60_000 }, () => {
  test.each(["rlib", "dylib", "staticlib"])("is clean where nothing private went in: %s", async (kind) => {
    expect(await scan(compile("clean", kind, "-g", ...remapped()))).toEqual([]);
  });

  test("gives away what debug information says", async () => {
    const bytes = compile("clean", "rlib", "-g");
    expect(await scan(bytes)).toEqual(["home directory", "user name"]);
  });

  test("gives away constants: of the environment, of files, in UTF-16", async () => {
    expect(await scan(compile("const", "rlib", "-O", ...remapped()))).toContain("home directory");
    expect(await scan(compile("included", "rlib", ...remapped()))).toEqual(["value of API_TOKEN"]);
    expect(await scan(compile("wide", "rlib", "-O", ...remapped()))).toEqual(["user name"]);
  });

  test("gives away constants that are only in bitcode, between its bytes", async () => {
    const bytes = compile(
      "const",
      "rlib",
      "-O",
      "-C",
      "linker-plugin-lto",
      "-C",
      "debuginfo=0",
      ...remapped(),
    );
    expect(await scan(bytes)).toContain("home directory");
    expect(await scan(compile("clean", "rlib", "-O", "-C", "linker-plugin-lto", ...remapped()))).toEqual([]);
  });

  test("gives away the documentation in a proc-macro's metadata", async () => {
    expect(await scan(compile("macro", "proc-macro", ...remapped()))).toEqual(["value of API_TOKEN"]);
  });

  /** By the linker that rustc brings, or afterwards. */
  const compressed = (method: string, ...flags: string[]): Buffer => {
    if (method !== "zlib-gnu") {
      return compile("main", "bin", "-g", `-Clink-arg=-Wl,--compress-debug-sections=${method}`, ...flags);
    }
    const file = join(source, "old-style");
    writeFileSync(file, compile("main", "bin", "-g", ...flags));
    execFileSync("objcopy", ["--compress-debug-sections=zlib-gnu", file]);
    return readFileSync(file);
  };

  test.each(["zlib", "zlib-gnu", "zstd"])(
    "gives away what %s has compressed in an executable",
    async (method) => {
      const bytes = compressed(method);
      expect(bytes.includes(home)).toBe(false);
      expect(await scan(bytes)).toContain("home directory");
      expect(await scan(compressed(method, ...remapped()))).toEqual([]);
    },
    60_000,
  );

  test("before 1.9x compressed the metadata of its dynamic libraries", async () => {
    const bytes = readFileSync(join(import.meta.dirname, "fixtures/rustc-1.70-dylib-metadata.bin"));
    const words = wordsOf({ homes: ["/home/alice"] });
    const word = "/home/alice/inline";
    expect(bytes.includes(word)).toBe(false);
    expect(await scanBoth("a.so", bytes, words)).toEqual([{ what: "home directory", where: "a.so" }]);
    const library = elfOf([{ compression: "metadata", content: bytes, size: 0 }]);
    expect(await scanBoth("a.so", library, words)).toEqual([{ what: "home directory", where: "a.so" }]);
    expect(await scanBoth("a.so", bytes.subarray(0, 900), wordsOf({ homes: ["/home/bob"] }))).toEqual([
      { what: "cannot be searched", where: "a.so" },
    ]);
    expect(await scanBoth("a.so", bytes, wordsOf({ homes: ["/home/bob"] }))).toEqual([]);
  });
});
