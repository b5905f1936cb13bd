// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parseRustcArgv, type RustcInvocation } from "../../src/cargo/rustc-argv.ts";
import { hasDiagnostics } from "../../src/cargo/rustc-messages.ts";
import { outputFiles, primaryOutputs, requiredOutputs } from "../../src/cargo/rustc-outputs.ts";

const directory = mkdtempSync(join(tmpdir(), "green-outputs-"));
afterAll(() => rmSync(directory, { recursive: true }));

function parse(argv: readonly string[]): RustcInvocation {
  const parsed = parseRustcArgv(argv);
  if ("uncacheable" in parsed) throw new Error(parsed.uncacheable);
  return parsed;
}

interface Compiled {
  readonly invocation: RustcInvocation;
  readonly added: readonly string[];
  readonly stderr: string;
}

/** Runs the real rustc into a directory that all calls of a test share. */
function compile(outDir: string, crateName: string, args: string): Compiled {
  mkdirSync(outDir, { recursive: true });
  const source = join(directory, "lib.rs");
  writeFileSync(source, "#![allow(dead_code)]\nfn main() {}\n");
  const argv = ["--crate-name", crateName, source, "--out-dir", outDir, ...args.split(" ")];
  const before = new Set(readdirSync(outDir));
  const messages = ["--error-format=json", "--json=artifacts"];
  const { stderr, status } = spawnSync("rustc", [...argv, ...messages], { encoding: "latin1" });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return {
    invocation: parse(argv),
    added: readdirSync(outDir).filter((entry) => !before.has(entry)),
    stderr,
  };
}

describe("outputFiles", () => {
  it("names exactly what the real rustc wrote, with and without extra-filename, in one directory", () => {
    const outDir = join(directory, "deps");
    const units = [
      compile(outDir, "foo", "--crate-type lib --emit=dep-info,metadata,link -Cextra-filename=-1234"),
      compile(
        outDir,
        "foo",
        "--crate-type cdylib --crate-type staticlib --crate-type rlib --emit=dep-info,link",
      ),
      compile(outDir, "foo", "--crate-type bin --emit=dep-info,link -Cextra-filename=-12345"),
      compile(outDir, "libfoo", "--crate-type bin --emit=dep-info,link,asm"),
      compile(outDir, "foo_bar", "--crate-type bin --emit=dep-info,metadata -Cextra-filename=-1"),
      compile(
        outDir,
        "foo",
        "--test --emit=dep-info,link -Cextra-filename=-99 -g -Csplit-debuginfo=unpacked",
      ),
      compile(
        outDir,
        "m",
        "--crate-type proc-macro --emit=dep-info,link -Cextra-filename=-7 -Cprefer-dynamic",
      ),
      compile(outDir, "p", "--crate-type bin --emit=dep-info,link -g -Csplit-debuginfo=packed"),
      compile(outDir, "d", "--crate-type dylib --emit=llvm-ir,mir,obj,llvm-bc,link -Ccodegen-units=1"),
    ];
    const all = readdirSync(outDir);
    for (const { invocation, added } of units) {
      expect([...outputFiles(invocation, all)].sort()).toEqual([...added].sort());
      expect(added.length).toBeGreaterThan(1);
      for (const anyOf of requiredOutputs(invocation)) {
        expect(anyOf.filter((name) => added.includes(name))).toHaveLength(1);
      }
    }
    expect(all).toContain("p.dwp");
    expect(all.some((entry) => entry.endsWith(".dwo"))).toBe(true);
  }, 60_000);

  it("agrees with what rustc announces", () => {
    const outDir = join(directory, "announced");
    const { invocation, stderr } = compile(
      outDir,
      "a",
      "--crate-type lib --emit=dep-info,metadata,link -Cextra-filename=-1",
    );
    const messages = stderr.split("\n").filter((line) => line !== "");
    const announced = messages.map((line) => {
      const { artifact } = JSON.parse(line) as { readonly artifact: string };
      return artifact.slice(outDir.length + 1);
    });
    expect([...announced].sort()).toEqual([...outputFiles(invocation, readdirSync(outDir))].sort());
    expect(hasDiagnostics(stderr)).toBe(false);
    expect(hasDiagnostics('{"$message_type":"diagnostic"}\n')).toBe(true);
    expect([...primaryOutputs(invocation)].sort()).toEqual(["liba-1.rlib", "liba-1.rmeta"]);
  }, 60_000);

  it("never gives an entry to two units of different stems", () => {
    const name = fc.stringMatching(/^(lib)?[a-c]{1,2}(_[ab])?$/);
    const extra = fc.constantFrom("", "-1", "-12", "-2");
    const naming = fc.record({
      crateName: name,
      extraFilename: extra,
      emit: fc.constant(["dep-info", "metadata", "link"]),
      crateTypes: fc.subarray(["lib", "cdylib", "staticlib"], { minLength: 1 }),
      test: fc.constant(false),
    });
    const unixEnding = fc.constantFrom(
      "",
      ".d",
      ".rlib",
      ".rmeta",
      ".so",
      ".a",
      ".so.dwp",
      ".x.cgu.0.rcgu.o",
    );
    fc.assert(
      fc.property(
        naming,
        naming,
        fc.array(fc.tuple(fc.boolean(), fc.boolean(), unixEnding)),
        (a, b, entries) => {
          fc.pre(a.crateName !== b.crateName || a.extraFilename !== b.extraFilename);
          const names = entries.map(([first, lib, ending]) => {
            const { crateName, extraFilename } = first ? a : b;
            return `${lib ? "lib" : ""}${crateName}${extraFilename}${ending}`;
          });
          const taken = new Set(outputFiles(a, names));
          expect(outputFiles(b, names).filter((entry) => taken.has(entry))).toEqual([]);
        },
      ),
    );
  });
});
