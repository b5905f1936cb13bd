// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { rename, stat, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { GreenError } from "../error.ts";
import {
  type Answer,
  type ChildCommand,
  type ChildResult,
  encode,
  type FinalAnswer,
  FrameDecoder,
  finishLike,
  type Message,
  type ShimRequest,
} from "./protocol.ts";

/** 107: `sun_path` of unix(7) without its NUL. Shorter on some systems, where the kernel then says so. */
export const MAX_SOCKET_PATH_BYTES = 107;

/**
 * Runs a command as the shim's child, in Cargo's process group and with its jobserver. May be called once per unit,
 * and again when a command that was to `hold` its output has ended.
 * Rejects with GreenError "protocol" if the shim goes away first.
 */
export type RunChild = (command?: ChildCommand) => Promise<ChildResult>;

/**
 * The life of one unit. If it rejects before the child ran, the shim runs the real program; after that,
 * the shim ends as its child did. `signal` is aborted when the shim is gone (^C, `kill`) or cancelled.
 */
export type HandleUnit = (request: ShimRequest, run: RunChild, signal: AbortSignal) => Promise<FinalAnswer>;

export interface ServerOptions {
  /** Absolute; at most MAX_SOCKET_PATH_BYTES. Its directory must be one of `socketDirectory`. */
  readonly socketPath: string;
  readonly handle: HandleUnit;
  /** Told what `handle` threw, and about shims that broke the protocol. */
  readonly onError?: (error: GreenError) => void;
  /** Called once, when for `idleMs` no shim was connected and no unit was being handled. */
  readonly onIdle?: () => void;
  /** Milliseconds, asked for at the beginning of each pause. Without it the server is never idle. */
  readonly idleMs?: () => number;
}

export interface ShimServer {
  readonly socketPath: string;
  /** Shims that are connected now. */
  readonly connections: number;
  /** Ends every child and its shim, and aborts every unit. */
  cancelAll(): void;
  /** Stops listening and lets go of every shim: those without a child run the real program. */
  close(): Promise<void>;
}

/**
 * Listens for shims. Takes the place of a dead socket.
 * Throws GreenError "busy" if another server answers there, "environment" if the path cannot be used.
 */
export async function startServer(options: ServerOptions): Promise<ShimServer> {
  const { socketPath } = options;
  const size = Buffer.byteLength(socketPath);
  if (size > MAX_SOCKET_PATH_BYTES) {
    throw new GreenError("environment", `The socket path "${socketPath}" is ${size} bytes long`, {
      hint: `Set XDG_RUNTIME_DIR to a shorter directory; a socket path may have ${MAX_SOCKET_PATH_BYTES} bytes`,
    });
  }
  if (await answers(socketPath)) {
    throw new GreenError("busy", `Another broker listens on "${socketPath}"`);
  }
  const conversations = new Set<Conversation>();
  const idle = idleTimer(options, () => conversations.size === 0);
  const server = createServer((socket) => {
    const conversation = new Conversation(socket, options, () => {
      conversations.delete(conversation);
      idle.check();
    });
    conversations.add(conversation);
    idle.check();
  });
  // Bound under another name and moved: nobody sees a socket that does not answer, and Node, which on close
  // removes the name that it bound, does not remove a successor's.
  const temporary = join(dirname(socketPath), `.${randomBytes(4).toString("hex")}`);
  await listen(server, temporary);
  await rename(temporary, socketPath);
  const { ino } = await stat(socketPath);
  idle.check();
  return {
    socketPath,
    get connections() {
      return Array.from(conversations).filter((conversation) => conversation.connected).length;
    },
    cancelAll() {
      for (const conversation of conversations) conversation.cancel();
    },
    async close() {
      idle.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      if (await isInode(socketPath, ino)) await unlink(socketPath).catch(() => undefined);
      for (const conversation of conversations) conversation.letGo();
      await closed;
    },
  };
}

/** One shim, from its REQUEST to the end of its unit. */
class Conversation {
  readonly #socket: Socket;
  readonly #options: ServerOptions;
  readonly #ended: () => void;
  readonly #abort = new AbortController();
  readonly #decoder = new FrameDecoder();
  #handling = false;
  #asked = false;
  #answered = false;
  #child: PromiseWithResolvers<ChildResult> | undefined;
  #result: ChildResult | undefined;
  #mayRunAgain = false;

  constructor(socket: Socket, options: ServerOptions, ended: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#ended = ended;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", () => undefined); // `close` follows
    socket.on("close", () => this.#gone());
  }

  get connected(): boolean {
    return !this.#socket.destroyed;
  }

  cancel(): void {
    this.#send({ kind: "cancel" });
    this.#answered = true;
    this.#abort.abort();
    this.#socket.end();
  }

  letGo(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#decoder.push(chunk)) this.#take(message);
    } catch (thrown) {
      this.#options.onError?.(GreenError.from(thrown));
      this.#socket.destroy();
    }
  }

  #take(message: Message): void {
    if (message.kind === "request" && !this.#asked) {
      this.#asked = true;
      void this.#handle(message.request);
    } else if (message.kind === "done" && this.#child !== undefined && this.#result === undefined) {
      this.#result = message.result;
      this.#child.resolve(message.result);
    } else {
      throw new GreenError("protocol", `The shim sent "${message.kind}" out of turn`);
    }
  }

  async #handle(request: ShimRequest): Promise<void> {
    this.#handling = true;
    let answer: FinalAnswer = { kind: "exec" };
    try {
      answer = await this.#options.handle(request, (command) => this.#run(command), this.#abort.signal);
    } catch (thrown) {
      if (!this.#abort.signal.aborted) this.#options.onError?.(GreenError.from(thrown));
    }
    // A handler that gave up while its child runs: the shim still waits for a word after DONE.
    const result = this.#result ?? (await this.#child?.promise.catch(() => undefined));
    if (result !== undefined && answer.kind === "exec") answer = finishLike(result);
    this.#send(answer);
    this.#answered = true;
    this.#socket.end();
    this.#handling = false;
    this.#settle();
  }

  #run(command: ChildCommand = {}): Promise<ChildResult> {
    if (this.#child !== undefined && !(this.#mayRunAgain && this.#result !== undefined)) {
      return Promise.reject(
        new GreenError("internal", "A unit may run one child, or another after a held one"),
      );
    }
    if (this.#abort.signal.aborted) return Promise.reject(gone());
    this.#mayRunAgain = command.hold === true;
    this.#result = undefined;
    this.#child = Promise.withResolvers<ChildResult>();
    this.#child.promise.catch(() => undefined); // the handler may have stopped waiting
    this.#send({ kind: "run", ...command });
    return this.#child.promise;
  }

  #send(answer: Answer): void {
    if (this.#answered || !this.#socket.writable) return;
    try {
      this.#socket.write(encode(answer));
    } catch (thrown) {
      // Too long for a frame: without an answer the shim runs the real program, or ends as its child did.
      this.#options.onError?.(GreenError.from(thrown));
      this.#socket.destroy();
    }
  }

  #gone(): void {
    if (!this.#answered) this.#abort.abort();
    if (this.#result === undefined) this.#child?.reject(gone());
    this.#settle();
  }

  /** A unit outlives its shim while the handler still works. */
  #settle(): void {
    if (!this.#handling && !this.connected) this.#ended();
  }
}

function gone(): GreenError {
  return new GreenError("protocol", "The shim went away");
}

function idleTimer(options: ServerOptions, isIdle: () => boolean): { check(): void; stop(): void } {
  const { idleMs, onIdle } = options;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  const check = () => {
    stop();
    if (idleMs !== undefined && onIdle !== undefined && isIdle()) timer = setTimeout(onIdle, idleMs());
  };
  return { check, stop };
}

/** True if something accepts connections there; false if there is nothing, or a dead socket. */
async function answers(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return true;
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code === "ENOENT" || code === "ECONNREFUSED") return false;
    throw new GreenError("environment", `The socket "${socketPath}" cannot be used`, { cause: thrown });
  } finally {
    socket.destroy();
  }
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
  } catch (thrown) {
    throw new GreenError("environment", `Cannot listen in "${dirname(path)}"`, { cause: thrown });
  }
}

async function isInode(path: string, ino: number): Promise<boolean> {
  try {
    return (await stat(path)).ino === ino;
  } catch {
    return false;
  }
}
