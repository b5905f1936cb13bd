// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { bundle } from "../../scripts/bundle.ts";

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cargo green ARGS…`, with a cache of its own and no terminal; READER is a shell command to pipe stdout into. */
export type RunCli = (args: readonly string[], cacheDir: string, env?: NodeJS.ProcessEnv) => Ran;

/** Bundles the sources as they are now, for the tests of one file: what ships is what is tested. */
export function bundledCli(): RunCli {
  let directory = "";
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "green-bundle-"));
    await bundle(join(directory, "dist"));
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (args, cacheDir, { READER: reader, ...variables } = {}) => {
    const command = [process.execPath, join(directory, "dist/main.js"), ...args];
    const [program = "", ...rest] =
      reader === undefined ? command : ["/bin/sh", "-c", `"$@" | { ${reader}; }`, "sh", ...command];
    const { status, stdout, stderr } = spawnSync(program, rest, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: cacheDir, CARGOGREEN_CACHE_DIR: cacheDir, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: cacheDir,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { status, stdout, stderr };
  };
}
