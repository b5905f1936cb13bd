// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sleep, until } from "../process.ts";

/** A program that serves until it is closed. */
export interface Daemon {
  readonly pid: number;
  /** File with all that it printed: its access log, if it keeps one. */
  readonly log: string;
  /** Ends it, waits until it has ended and its directory is removed; may be called again. */
  close(): Promise<void>;
}

/** How long a program may take to start: machines under test are busy ones. */
const START_MS = 60_000;

/**
 * Runs the program, and ends it and removes its directory when standard input ends: when `close` is called, and when
 * this process is gone, however it went, since the kernel closes the pipe then.
 */
const GUARD = `trap : HUP INT TERM
"$@" </dev/null &
echo $! >pid
cat >/dev/null
kill -KILL $! 2>/dev/null
wait
rm -rf "$PWD"`;

/**
 * Starts a program in `directory`, its own, and waits until its log says that it serves: until `ready` returns
 * something, which is returned as `found`.
 */
export async function startDaemon<T>(
  argv: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>>,
  ready: (log: string) => T | undefined | Promise<T | undefined>,
): Promise<{ readonly daemon: Daemon; readonly found: T }> {
  const log = join(directory, "log");
  const pidFile = join(directory, "pid");
  const output = openSync(log, "a");
  const guard = spawn("/bin/sh", ["-c", GUARD, "guard", ...argv], {
    cwd: directory,
    env: { PATH: process.env["PATH"], HOME: directory, ...env },
    stdio: ["pipe", output, output],
  });
  closeSync(output);
  const closed = new Promise<void>((resolve, reject) => {
    guard.on("error", reject);
    guard.on("close", () => resolve());
  });
  const close = () => {
    guard.stdin?.destroy();
    return closed;
  };
  const text = () => readFileSync(log, "utf8");
  try {
    await until("it has started", () => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "");
    const pid = Number(readFileSync(pidFile, "utf8"));
    const found = await waitFor(() => ready(text()), pid);
    return { daemon: { pid, log, close }, found };
  } catch (cause) {
    const said = text();
    await close();
    throw new Error(`${argv.join(" ")} does not serve:\n${said}`, { cause });
  }
}

async function waitFor<T>(probe: () => T | undefined | Promise<T | undefined>, pid: number): Promise<T> {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    const gone = isGone(pid);
    const found = await probe();
    if (gone) throw new Error("It has ended");
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new Error(`It was not ready after ${START_MS} ms`);
}

/** A program that ended stays a zombie while its guard waits for us. */
function isGone(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}
