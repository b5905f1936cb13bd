// SPDX-License-Identifier: MIT OR Apache-2.0
// What it costs to start: the shim's round trip to a broker, against a process that does nothing.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** A command to measure, and what to call it in the table. */
export interface Subject {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
}

/** Medians over the rounds, in milliseconds; `ratio` is over the first subject. */
export interface Measured {
  readonly name: string;
  readonly ms: number;
  readonly ratio: number;
}

export interface StartupOptions {
  /** A compiled shim. */
  readonly shim: string;
  /** Others to measure in the same run, e.g. `cargo-green --version`. */
  readonly more?: readonly Subject[];
  /** How often each is started. Default 41. */
  readonly rounds?: number;
}

/** Measures `/bin/true`, the shim (the broker answers FINISH), `node -e 0` and `more`, in turn in every round. */
export async function measureStartup(options: StartupOptions): Promise<readonly Measured[]> {
  const { shim, more = [], rounds = 41 } = options;
  const directory = mkdtempSync(join(tmpdir(), "startup-"));
  const socketPath = join(directory, "b.sock");
  const broker = await startBroker(socketPath);
  try {
    const env = { ...process.env, CARGOGREEN_SOCKET: socketPath };
    const request = typicalArguments();
    const subjects: readonly Subject[] = [
      { name: "/bin/true", command: ["/bin/true"] },
      { name: "shim, round trip", command: [shim, "/bin/false", ...request], env },
      { name: "node -e 0", command: [process.execPath, "-e", "0"] },
      ...more,
    ];
    const times = subjects.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [index, subject] of subjects.entries()) times[index]?.push(timeOnce(subject));
    }
    const medians = times.map(median);
    const base = medians[0] ?? Number.NaN;
    return subjects.map(({ name }, index) => {
      const ms = medians[index] ?? Number.NaN;
      return { name, ms, ratio: ms / base };
    });
  } finally {
    await broker.terminate();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One line a subject: name, milliseconds, times `/bin/true`. */
export function formatStartup(measured: readonly Measured[]): string {
  const width = Math.max(...measured.map(({ name }) => name.length));
  return measured
    .map(
      ({ name, ms, ratio }) =>
        `${name.padEnd(width)}  ${ms.toFixed(2).padStart(7)} ms  ${ratio.toFixed(1).padStart(6)} ×\n`,
    )
    .join("");
}

/** In a worker: `spawnSync` below keeps this thread busy, so that its own event loop is not measured. */
function startBroker(socketPath: string): Promise<Worker> {
  const server = new URL("../../src/broker/server.ts", import.meta.url).href;
  const source = `
    import { parentPort } from "node:worker_threads";
    import { startServer } from ${JSON.stringify(server)};
    const bytes = Buffer.alloc(0);
    const handle = async () => ({ kind: "finish", code: 0, stdout: bytes, stderr: bytes });
    await startServer({ socketPath: ${JSON.stringify(socketPath)}, handle });
    parentPort.postMessage("ready");
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  return new Promise((resolve, reject) => {
    worker.once("message", () => resolve(worker));
    worker.once("error", reject);
  });
}

function timeOnce({ name, command, env }: Subject): number {
  const [program, ...args] = command;
  const begun = performance.now();
  const { status, error } = spawnSync(program, args, { stdio: "ignore", env: env ?? process.env });
  const took = performance.now() - begun;
  if (status !== 0) throw new Error(`${name} exited with ${status}`, { cause: error });
  return took;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** As long as Cargo's for a crate with a few dependencies. */
function typicalArguments(): string[] {
  const externs = Array.from({ length: 12 }, (_, n) => [
    "--extern",
    `dep${n}=/build/target/debug/deps/libdep${n}-0123456789abcdef.rmeta`,
  ]);
  return ["--crate-name", "demo", "--edition=2021", "src/lib.rs", "--crate-type", "lib", ...externs.flat()];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , shim, ...more] = process.argv;
  if (shim === undefined) throw new Error("usage: startup.ts SHIM [PROGRAM…]");
  const subjects = more.map((path): Subject => ({ name: path, command: [path, "--version"] }));
  process.stdout.write(formatStartup(await measureStartup({ shim, more: subjects })));
}
