// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { bundle } from "../../scripts/bundle.ts";

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cargo green ARGS…`, with a cache of its own and no terminal; READER is a shell command to pipe stdout into. */
export interface RunCli {
  (
    args: readonly string[],
    cacheDir: string,
    env?: NodeJS.ProcessEnv,
    /** Directory to run in. Default: `cacheDir`, which is the home too. */
    cwd?: string,
  ): Ran;
  /** Path of the bundle's main.js, for shells that start it themselves. */
  main(): string;
}

/** Bundles the sources as they are now, for the tests of one file: what ships is what is tested. */
export function bundledCli(): RunCli {
  vi.setConfig({ testTimeout: 60_000 }); // each call starts a process, and a busy machine starts them slowly
  let directory = "";
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "green-bundle-"));
    await bundle(join(directory, "dist"));
    for (const name of ["shim", "package.json"]) {
      cpSync(join(import.meta.dirname, "../..", name), join(directory, name), { recursive: true });
    }
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const run = (
    args: readonly string[],
    cacheDir: string,
    { READER: reader, ...variables }: NodeJS.ProcessEnv = {},
    cwd: string = cacheDir,
  ): Ran => {
    const command = [process.execPath, join(directory, "dist/main.cjs"), ...args];
    const [program = "", ...rest] =
      reader === undefined ? command : ["/bin/sh", "-c", `"$@" | { ${reader}; }`, "sh", ...command];
    const { status, stdout, stderr } = spawnSync(program, rest, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: cacheDir, CARGOGREEN_CACHE_DIR: cacheDir, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
      cwd,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { status, stdout, stderr };
  };
  return Object.assign(run, { main: () => join(directory, "dist/main.cjs") });
}
