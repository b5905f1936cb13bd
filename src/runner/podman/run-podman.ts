// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { GreenError } from "../../error.ts";
import { type Process, processesBelow } from "./processes-below.ts";

/** How to start podman. */
export interface PodmanProgram {
  /** A path, or a name on PATH. */
  readonly program: string;
  /** All that podman sees: where its storage and configuration are, and what PATH leads to. */
  readonly env: NodeJS.ProcessEnv;
}

/** How a podman ended, and what it said. */
export interface PodmanEnd {
  /** Undefined if a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** How long podman gets to put away a container that was killed, and to end when asked to. */
const GRACE_MS = 3000; // 3 seconds

/**
 * Runs podman to its end, in a session of its own: ^C shall not end it before we do.
 * @throws GreenError "environment" if it cannot be started; the signal's reason once that fires, when neither podman
 * nor a container that it started runs any more
 */
export async function runPodman(
  { program, env }: PodmanProgram,
  args: readonly string[],
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
): Promise<PodmanEnd> {
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
  child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
  const ended = endOf(child, program);
  let stopped = Promise.resolve();
  const stop = () => {
    stopped = stopPodman(child, ended);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    const status = await ended;
    await stopped;
    signal.throwIfAborted();
    return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Its status, when it has ended and all that it said has come. */
function endOf(child: ChildProcess, program: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.on("error", (thrown) => reject(notStarted(program, thrown)));
    child.on("close", (status) => resolve(status ?? undefined));
  });
}

function notStarted(program: string, thrown: NodeJS.ErrnoException): GreenError {
  const isMissing = thrown.code === "ENOENT";
  const message = isMissing
    ? `There is no program "${program}"`
    : `"${program}" cannot be started: ${thrown.message}`;
  return new GreenError("environment", message, {
    ...{ cause: thrown, side: "podman" },
    hint: "install podman 4.3 or newer, or set `runner` to another one",
  });
}

/**
 * Podman that is asked to end leaves its container running. So that is killed first, and podman puts away what is left
 * of it; if there is none, podman is asked, and at last all is killed that it started.
 */
async function stopPodman(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const killContainers = () => {
    const below = processesBelow(pid);
    const containers = below.filter(({ isInit }) => isInit);
    killAll(containers);
    return { below, found: containers.length > 0 };
  };
  if (killContainers().found && (await endsSoon(ended))) return;
  const { below } = killContainers();
  child.kill("SIGTERM");
  if (await endsSoon(ended)) return;
  child.kill("SIGKILL");
  killAll(below);
}

function killAll(processes: readonly Process[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended
    }
  }
}

/** True if podman ends while it may still do that by itself. */
async function endsSoon(ended: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  const inTime = ended.then(
    () => true,
    () => true,
  );
  const tooLate = sleep(GRACE_MS, false, { signal: late.signal }).catch(() => false);
  try {
    return await Promise.race([inTime, tooLate]);
  } finally {
    late.abort();
  }
}
