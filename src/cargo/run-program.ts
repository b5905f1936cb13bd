// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFile } from "node:child_process";

/** What a short program answered. */
export interface Answer {
  /** Exit status; undefined if it could not be started, was killed, or took too long. */
  readonly code: number | undefined;
  /** latin1 of the bytes. */
  readonly stdout: string;
}

/** Starts a program and waits; never rejects. Arguments must be UTF-8. */
export type Runner = (
  program: string,
  args: readonly string[],
  env: ReadonlyMap<string, string>,
  /** Default: this process's. */
  cwd?: string,
) => Promise<Answer>;

const TIMEOUT_MS = 30_000; // half a minute: a git that scans a large repository on a cold disk
const MAX_OUTPUT = 64 * 1024 * 1024; // 64 MiB

/** Runs a real program, with exactly the variables given. */
export const runProgram: Runner = (program, args, env, cwd) =>
  new Promise((resolve) => {
    const options = {
      env: Object.fromEntries(env),
      ...(cwd === undefined ? {} : { cwd }),
      encoding: "latin1" as const,
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT,
      windowsHide: true,
    };
    try {
      const child = execFile(program, [...args], options, (error, stdout) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : undefined;
        resolve({ code, stdout });
      });
      child.stdin?.end();
    } catch {
      resolve({ code: undefined, stdout: "" }); // NUL in an argument
    }
  });
