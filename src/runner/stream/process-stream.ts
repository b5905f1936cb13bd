// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** A program whose standard input and output are the two ways of a stream. */
export interface StreamProgram {
  readonly argv: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** What it means that the program ended in another way than it should. */
  readonly failure: (ended: ProgramEnd) => Error;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Undefined if a signal ended it, or if it never started. */
  readonly status: number | undefined;
  /** The code of the error because of which it did not start: `ENOENT`. */
  readonly notStarted: string | undefined;
  /** The end of what it wrote to its standard error. */
  readonly stderr: string;
}

/** 4 KiB: ssh says in a line or two what is wrong. */
const STDERR_CHARACTERS = 4096;

/**
 * Starts a program, and is its input and output. It runs in a session of its own: ^C in a terminal is for us to handle,
 * and it cannot ask its user something in the middle of our output. Destroying the stream ends the program.
 *
 * Has those methods of a socket that Node's HTTP agent calls (24, `_http_agent`).
 */
export class ProcessStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #stderr = "";
  #notStarted: string | undefined;

  constructor({ argv, env, failure }: StreamProgram) {
    super({ allowHalfOpen: false });
    const [program, ...args] = argv;
    this.#child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"], detached: true });
    const { stdin, stdout, stderr } = this.#child;
    stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause();
    });
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS);
    });
    // It may end without having read; its status tells why.
    stdin.on("error", () => {});
    this.#child.on("error", ({ code }: NodeJS.ErrnoException) => {
      this.#notStarted = code ?? "unknown";
    });
    this.#child.on("close", (status) => {
      const end = { status: status ?? undefined, notStarted: this.#notStarted, stderr: this.#stderr.trim() };
      if (status === 0) this.push(null);
      else this.destroy(failure(end));
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    // Where the program is gone already, its end is told by `close`.
    if (this.#child.stdin.writable) this.#child.stdin.write(chunk, () => callback());
    else callback();
  }

  override _final(callback: () => void): void {
    this.#child.stdin.end();
    callback(); // what is gone already would never call it
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    if (this.#child.exitCode === null) this.#child.kill("SIGTERM");
    callback(error);
  }

  ref(): this {
    return this.#each("ref");
  }

  unref(): this {
    return this.#each("unref");
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  /** Pipes of child processes are sockets, which the types do not tell. */
  #each(method: "ref" | "unref"): this {
    const { stdin, stdout, stderr } = this.#child;
    for (const part of [this.#child, stdin, stdout, stderr] as readonly Partial<
      Record<typeof method, () => void>
    >[]) {
      part[method]?.();
    }
    return this;
  }
}
