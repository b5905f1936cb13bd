// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findNativeLibraries, nativeDirectories } from "../../src/broker/native-libraries.ts";
import { makeRoots } from "../../src/cargo/roots.ts";
import { parseRustcArgv, type RustcInvocation } from "../../src/cargo/rustc-argv.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

const digestFile = async (path: string) => digestOf(readFileSync(path));

function invocation(...more: readonly string[]): RustcInvocation {
  const parsed = parseRustcArgv(["--crate-name", "a", "a.rs", "--emit=link", "--out-dir", "o", ...more]);
  if ("uncacheable" in parsed) throw new Error(parsed.uncacheable);
  return parsed;
}

function directory(files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe("findNativeLibraries", () => {
  const find = (cwd: string, ...more: readonly string[]) =>
    findNativeLibraries(invocation("-L", "native=one", "-L", "two", ...more), cwd, digestFile);

  it("digests what -l may mean in the unit's own directories, and tells what is left to the system", async () => {
    const cwd = directory({ "one/libx.a": "x", "two/libx.so": "y" });
    const { inputs, system } = await find(cwd, "-l", "static=x", "-l", "dylib=z");
    expect(inputs["native library x"]).toContain(digestOf("x"));
    expect(inputs["native library x"]).toContain(digestOf("y"));
    expect(inputs["native library z"]).toBe("the system's");
    expect(system).toBe(true);
    expect((await find(cwd, "-l", "static=x")).system).toBe(false);
  });

  it("ignores other kinds of search paths and directories of a library's name", async () => {
    const cwd = directory({ "deps/libx.a": "x", "one/libx.so/file": "" });
    expect(await find(cwd, "-L", "dependency=deps", "-l", "x")).toEqual({
      inputs: { "native library x": "the system's" },
      system: true,
    });
  });

  it("tells libraries apart that a linker would choose otherwise", async () => {
    const places = [
      { "one/libx.a": "x" },
      { "one/libx.a": "changed" },
      { "one/libx.so": "x" },
      { "one/libx.a": "x", "one/libx.so": "y" },
      { "one/libx.a": "x", "two/libx.so": "y" },
      { "one/libx.a": "x", "two/libx.a": "z" },
      { "one/libx.a": "z", "two/libx.a": "x" },
      { "one/x": "x" },
    ];
    const found = await Promise.all(
      places.map(async (files) => (await find(directory(files), "-l", "x")).inputs["native library x"]),
    );
    expect(new Set(found).size).toBe(places.length);
  });
});

describe("nativeDirectories", () => {
  it("digests all libraries of a linking unit's own directories, and not the system's", async () => {
    const cwd = directory({
      "one/libx.a": "x",
      "one/libx.so.1.2": "y",
      "one/notes.txt": "",
      "deps/libz.a": "z",
    });
    const parsed = invocation(
      "-L",
      "native=one",
      "-L",
      "dependency=deps",
      "-L",
      "/usr/lib/x",
      "-L",
      "native=none",
    );
    expect(await nativeDirectories(parsed, cwd, makeRoots({ WORKSPACE: cwd }), digestFile)).toEqual({
      "native directory @@green:WORKSPACE@@/one": `libx.a ${digestOf("x")} libx.so.1.2 ${digestOf("y")}`,
      "native directory @@green:WORKSPACE@@/none": "",
    });
  });

  it("takes only the system's directories for the system's", async () => {
    const inputs = await nativeDirectories(
      invocation("-L", "/library", "-L", "/usr/lib", "-L", "/lib64", "-L", "/usr/local/lib"),
      "/",
      makeRoots({}),
      digestFile,
    );
    expect(Object.keys(inputs)).toEqual(["native directory /library", "native directory /usr/local/lib"]);
  });
});
