// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { cargoProgram } from "../cargo-process.ts";

export interface CargoQuestion {
  readonly toolchain: string | undefined;
  readonly args: readonly string[];
  /** Undefined values are removed. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly onStatus?: (line: string) => void;
}

export interface CargoAnswer {
  /** Exit status; undefined if it could not be started or was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** The first line that Cargo calls an error, without the word. */
  readonly complaint: string | undefined;
}

/** What has happened once it is said, and is not said again by a build that follows; rustup's lines begin with `info:`. */
const STATUS =
  /^\s*(?:Updating|Locking|Adding|Removing|Upgrading|Downgrading|Downloading|Downloaded|Blocking|Fetching|Cloning|info:)\s/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' escapes begin with one
const ESCAPES = /\x1b\[[0-9;]*m/g;

/** Runs Cargo for its stdout. What it says otherwise is dropped: a build will say it again. Never rejects. */
export function askCargo({ toolchain, args, env, cwd, onStatus }: CargoQuestion): Promise<CargoAnswer> {
  const { program, argv } = cargoProgram(toolchain, args, env);
  return new Promise((resolve) => {
    const stdout: Buffer[] = [];
    let complaint: string | undefined;
    const end = (code: number | undefined) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString("utf8"), complaint });
    try {
      const child = spawn(program, argv, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
      createInterface({ input: child.stderr }).on("line", (line) => {
        const plain = line.replace(ESCAPES, "");
        if (STATUS.test(plain)) onStatus?.(line);
        complaint ??= /^error(?:\[\w+\])?: (.+)/.exec(plain)?.[1];
      });
      child.on("error", (error) => {
        complaint ??= error.message;
        end(undefined);
      });
      child.on("close", (code) => end(code ?? undefined));
    } catch (thrown) {
      complaint = thrown instanceof Error ? thrown.message : String(thrown); // NUL in an argument
      end(undefined);
    }
  });
}
