// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ChildProcess, execFile, type StdioOptions, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const SHIM_SOURCE = fileURLToPath(new URL("../../shim/main.rs", import.meta.url));

/** A fresh directory, short enough for sockets. */
export async function scratch(): Promise<string> {
  return mkdtemp(join(tmpdir(), "shim-"));
}

export async function remove(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** Compiles the shim without optimization; returns what rustc had to say. */
export async function compileShim(path: string): Promise<string> {
  const args = ["--edition", "2021", "-C", "panic=abort", SHIM_SOURCE, "-o", path];
  return (await run("rustc", args)).stderr;
}

/** An executable script. */
export async function script(path: string, text: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout holds this text. */
  printed(text: string): Promise<void>;
}

/** Starts a program with exactly this environment (PATH excepted). */
export function start(
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
  stdio: StdioOptions = ["ignore", "pipe", "pipe"],
): Started {
  const [program, ...args] = argv;
  const child = spawn(program, args, { stdio, env: { PATH: process.env["PATH"] ?? "", ...env } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }),
    );
  });
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => Buffer.concat(stdout).includes(text) && resolve();
      child.stdout?.on("data", look);
      look();
      void ended.then(() => reject(new Error(`It ended without printing "${text}"`)));
    });
  return { process: child, ended, printed };
}
