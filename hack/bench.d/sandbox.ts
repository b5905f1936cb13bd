// SPDX-License-Identifier: MIT OR Apache-2.0
// What a sandbox costs a unit: /bin/true and a small compilation, plainly, with bubblewrap and with the shim itself.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sandboxCommand } from "../../src/runner/host/command.ts";
import { describeSandbox } from "../../src/runner/host/describe.ts";
import type { SandboxBackend } from "../../src/runner/host/spec.ts";

export interface SandboxCostOptions {
  /** A compiled shim. */
  readonly shim: string;
  /** How often each is started. Default 41. */
  readonly rounds?: number;
}

/** Medians over the rounds, milliseconds; `over` is what it adds to the plain run. */
export interface SandboxCost {
  readonly name: string;
  readonly ms: number;
  readonly over: number;
}

/** Measures each program in each way, in turn in every round. */
export function measureSandbox({ shim, rounds = 41 }: SandboxCostOptions): readonly SandboxCost[] {
  const directory = mkdtempSync(join(tmpdir(), "sandbox-bench-"));
  try {
    const source = join(directory, "lib.rs");
    writeFileSync(source, "pub fn answer() -> u32 { 42 }\n");
    const sysroot = spawnSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).stdout.trim();
    const compile = [join(sysroot, "bin/rustc"), "--crate-type", "lib", "--out-dir", directory, source];
    const bwrap = spawnSync("sh", ["-c", "command -v bwrap"], { encoding: "utf8" }).stdout.trim();
    const superuser = process.getuid?.() === 0;
    const backends: readonly SandboxBackend[] = [
      { kind: "none", reason: "" },
      ...(bwrap === "" ? [] : [{ kind: "bwrap", program: bwrap, superuser } as const]),
      { kind: "native", program: shim },
    ];
    const subjects = [["/bin/true"], compile].flatMap((argv) =>
      backends.map((backend) => ({
        name: `${argv.length === 1 ? "true" : "rustc"}, ${backend.kind === "none" ? "plain" : backend.kind}`,
        command: () => sandboxCommand(describeHere(directory, sysroot), backend, argv),
        times: [] as number[],
      })),
    );
    for (let round = 0; round < rounds; round++) {
      for (const { command, times } of subjects) times.push(timeOnce(command));
    }
    return subjects.map(({ name, times }, at) => {
      const ms = median(times);
      const plain = subjects[at - (at % backends.length)];
      return { name, ms, over: ms - median(plain?.times ?? []) };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One line a subject: name, milliseconds, what the sandbox adds. */
export function formatSandbox(costs: readonly SandboxCost[]): string {
  const width = Math.max(...costs.map(({ name }) => name.length));
  return costs
    .map(
      ({ name, ms, over }) =>
        `${name.padEnd(width)}  ${ms.toFixed(2).padStart(7)} ms  +${over.toFixed(2).padStart(6)} ms\n`,
    )
    .join("");
}

function describeHere(directory: string, sysroot: string) {
  const home = process.env["HOME"];
  return describeSandbox({
    readOnly: [sysroot],
    readWrite: [directory],
    scratch: [],
    home,
    network: false,
    cwd: directory,
  });
}

/** Describing the sandbox is part of the cost. */
function timeOnce(command: () => readonly string[]): number {
  const begun = performance.now();
  const [program = "", ...args] = command();
  const { status, error } = spawnSync(program, args, { stdio: "ignore" });
  const took = performance.now() - begun;
  if (status !== 0) throw new Error(`${program} exited with ${status}`, { cause: error });
  return took;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , shim] = process.argv;
  if (shim === undefined) throw new Error("usage: sandbox.ts SHIM");
  process.stdout.write(formatSandbox(measureSandbox({ shim })));
}
