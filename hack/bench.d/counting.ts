// SPDX-License-Identifier: MIT OR Apache-2.0
// What compilers ran: a rustc that counts itself stands in the real one's place.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { run } from "../lib/crate-source.ts";

/** A compiler call that Cargo makes for a unit. Probes are none. */
export interface CompilerCall {
  /** `scan`: only asked which sources there are, by a cache that needs to know. */
  readonly kind: "compile" | "scan";
  /** Cargo package name. */
  readonly package: string;
  readonly crate: string;
  /** Values of `--crate-type`, and `test` for a harness. */
  readonly types: readonly string[];
}

/** A rustc that counts. */
export interface CountingRustc {
  /** To be put into RUSTC. */
  readonly rustc: string;
  /** Calls since the last time, also those that could only be noted below these target directories. */
  take(targets: readonly string[]): readonly CompilerCall[];
}

const BESIDE = ".bench-compiled";

/**
 * Compiles the counter into `directory`, laid out as a toolchain is (`bin/rustc`, `lib` beside it), since caches look
 * there for what identifies a compiler. It costs a call about a millisecond.
 */
export function installCountingRustc(directory: string, env: NodeJS.ProcessEnv): CountingRustc {
  const log = join(directory, "compiled.log");
  const rustc = join(directory, "bin", "rustc");
  mkdirSync(join(directory, "bin"), { recursive: true });
  writeFileSync(log, "");
  const sysroot = run("rustc", ["--print", "sysroot"], directory, env).trim();
  symlinkSync(join(sysroot, "lib"), join(directory, "lib"));
  const real = join(sysroot, "bin", "rustc");
  const source = join(import.meta.dirname, "counting-rustc.rs");
  run(real, ["--edition=2021", "-O", "-o", rustc, source], directory, {
    ...env,
    BENCH_REAL_RUSTC: real,
    BENCH_LOG: log,
    BENCH_BESIDE: BESIDE,
  });
  return {
    rustc,
    take(targets) {
      const notes = [log, ...targets.flatMap(notesBelow)].map((path) => readFileSync(path, "utf8"));
      writeFileSync(log, "");
      for (const path of targets.flatMap(notesBelow)) rmSync(path);
      return notes.flatMap(parseNotes);
    },
  };
}

/** Reads what the counter writes. */
export function parseNotes(text: string): readonly CompilerCall[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [kind, name = "", crate = "", types = ""] = line.split("\t");
      if (kind !== "compile" && kind !== "scan") throw new Error(`Not a note of the counter: ${line}`);
      return { kind, package: name, crate, types: types.split(",").filter(Boolean) };
    });
}

/** In `<profile>/deps` and `<profile>/build/<package>-<hash>`, where Cargo has compilers write. */
function notesBelow(target: string): readonly string[] {
  return list(target)
    .flatMap((profile) => [
      join(target, profile, "deps"),
      ...list(join(target, profile, "build")).map((unit) => join(target, profile, "build", unit)),
    ])
    .map((directory) => join(directory, BESIDE))
    .filter((path) => existsSync(path));
}

function list(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
