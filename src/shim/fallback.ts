// SPDX-License-Identifier: MIT OR Apache-2.0
// dist/shim.cjs: shim/main.rs in Node, for machines where that cannot be compiled. Only the wrapper roles; started by
// the launcher (launcher.ts) as `node shim.js <path of the launcher> <program> <arguments…>`, never for probes.
import { type ChildProcess, spawn } from "node:child_process";
import { fstatSync, readFileSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { constants } from "node:os";
import { basename, dirname, join } from "node:path";
import {
  CANCELLED_STATUS,
  type ChildCommand,
  type ChildExit,
  type ChildResult,
  encode,
  FrameDecoder,
  MAX_STREAM_BYTES,
  type Message,
  type Role,
} from "../broker/protocol.ts";
import { socketDirectory } from "../broker/socket-directory.ts";
import { jobserverDescriptors } from "./jobserver.ts";

/** 2 s, as in shim/broker.rs. */
const CONNECT_PATIENCE_MS = 2_000;
/** Coarser than in shim/broker.rs: several of us may wait at once, each with an event loop. */
const START_RETRY_MS = 20;
const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Cargo must hear of finished artifacts at once, and only once; docs/protocol.md, "Course". */
const ARTIFACT_LINE = /^\{"(?:\$message_type":"artifact"|artifact":)/;

type Environment = Readonly<Record<string, string>>;

const [, , launcherPath = "", ...argv] = process.argv;
const env: Environment = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);
/** Lines that were passed on although others were held back. */
const passed = new Set<string>();
let child: ChildProcess | undefined;
let signalled: NodeJS.Signals | undefined;

for (const name of SIGNALS) {
  process.on(name, () => {
    if (child === undefined) dieBy(name);
    signalled = name;
    child.kill(name);
  });
}
void main();

async function main(): Promise<void> {
  await converse().catch(() => undefined); // returns if the real program is to run
  leaveAs((await runChild(argv, env, "inherit")).exit);
}

async function converse(): Promise<void> {
  const socket = await connectToBroker();
  const messages = receive(socket);
  const request = { role: role(), cwd: toLatin1(process.cwd()), argv: argv.map(toLatin1), env: latin1(env) };
  socket.write(encode({ kind: "request", request }));
  const answer = await messages.next();
  if (answer?.kind === "cancel") process.exit(CANCELLED_STATUS);
  if (answer?.kind === "finish") leaveWith(answer.code, answer.stdout, answer.stderr);
  if (answer?.kind !== "run") {
    socket.destroy();
    return;
  }
  for (let order: ChildCommand = answer; ; ) {
    const last = messages.next();
    void last.then((message) => {
      if (message?.kind !== "cancel") return;
      child?.kill("SIGKILL");
      process.exit(CANCELLED_STATUS);
    });
    const command = commandOf(order);
    const hold = order.hold === true;
    const { held, ...result } = await runChild(command.argv, command.env, hold ? "hold" : "stream");
    if (signalled !== undefined) dieBy(signalled);
    if (socket.writable) socket.write(encode({ kind: "done", result }));
    const end = await last;
    if (hold && end?.kind === "run") {
      order = end;
      continue;
    }
    const failed = result.exit.how !== "exited" || result.exit.code !== 0;
    if (hold && result.complete && failed && end === undefined) return; // nobody says what was to be done about it
    for (const [fd, bytes] of held.entries()) writeAll(fd + 1, bytes);
    if (end?.kind === "finish" && result.exit.how === "exited") leaveWith(end.code, end.stdout, end.stderr);
    leaveAs(result.exit);
  }
}

/** As in shim/unit.rs: role 1 if something that is not rustc is to run rustc. */
function role(): Role {
  const [program = "", next = ""] = argv;
  const wraps =
    !isRustc(program) && !next.startsWith("-") && (isRustc(next) || /^clippy-driver/.test(basename(program)));
  return wraps ? "workspace-wrapper" : "rustc";
}

function isRustc(path: string): boolean {
  return basename(path).startsWith("rustc");
}

function commandOf(command: ChildCommand): { argv: readonly string[]; env: Environment } {
  const changed: Record<string, string> = { ...env, CARGOGREEN_BYPASS: "1" };
  delete changed["CARGOGREEN_SOCKET"];
  const wrapper = changed["CARGO_BUILD_RUSTC_WRAPPER"];
  if (wrapper !== undefined && basename(wrapper) === basename(launcherPath)) {
    delete changed["CARGO_BUILD_RUSTC_WRAPPER"];
  }
  for (const name of command.unsetEnv ?? []) delete changed[toUtf8(name)];
  for (const [name, value] of command.setEnv ?? []) changed[toUtf8(name)] = toUtf8(value);
  return { argv: command.argv?.length ? command.argv.map(toUtf8) : argv, env: changed };
}

/** Rejects if the broker's command cannot be started; the real program then ends as a shell has it. */
function runChild(
  command: readonly string[],
  environment: Environment,
  output: "inherit" | "stream" | "hold",
): Promise<ChildResult & { readonly held: readonly [stdout: Buffer, stderr: Buffer] }> {
  const [program = "", ...args] = command;
  const piped = output !== "inherit";
  const stream = piped ? "pipe" : "inherit";
  const started = spawn(program, args, {
    env: environment,
    stdio: ["inherit", stream, stream, ...jobserverDescriptors(env, isPipe).slice(3)],
  });
  child = started;
  const stdout = keep(started.stdout, 1, output === "hold");
  const stderr = keep(started.stderr, 2, output === "hold");
  return new Promise((resolve, reject) => {
    const end = (exit: ChildExit) => {
      child = undefined;
      const complete = stdout.complete && stderr.complete;
      const bytes = (kept: Kept) => (complete ? Buffer.concat(kept.chunks) : Buffer.alloc(0));
      const held = [Buffer.concat(stdout.held()), Buffer.concat(stderr.held())] as const;
      resolve({ exit, complete, stdout: bytes(stdout), stderr: bytes(stderr), held });
    };
    started.once("error", (error) => {
      if (piped) return reject(error);
      writeAll(2, Buffer.from(`cargo-green: cannot run ${program}: ${error.message}\n`));
      return end({ how: "exited", code: 127 });
    });
    started.once("close", (code, signal) => {
      end(
        signal === null ? { how: "exited", code: code ?? 1 } : { how: "signalled", signal: numberOf(signal) },
      );
    });
  });
}

interface Kept {
  readonly chunks: Buffer[];
  complete: boolean;
  /** What nobody has seen yet, when the stream has ended. */
  held(): readonly Buffer[];
}

/** Passes a stream on, or holds it back, and keeps it; when we cannot write any more, the child cannot either. */
function keep(from: NodeJS.ReadableStream | null, fd: number, hold: boolean): Kept {
  let holding = hold;
  let held: Buffer[] = [];
  let partial = Buffer.alloc(0);
  const byLine = fd === 2 && (hold || passed.size > 0);
  const pass = (bytes: Buffer): boolean => {
    if (!holding) return writeAll(fd, bytes);
    held.push(bytes);
    return true;
  };
  const passLines = (chunk: Buffer): boolean => {
    partial = Buffer.concat([partial, chunk]);
    for (let end = partial.indexOf(10); end >= 0; end = partial.indexOf(10)) {
      const line = partial.subarray(0, end + 1);
      partial = partial.subarray(end + 1);
      const text = line.toString("latin1");
      const tells = ARTIFACT_LINE.test(text);
      if (tells && passed.has(text)) continue;
      if (tells) passed.add(text);
      if (!(tells ? writeAll(fd, line) : pass(line))) return false;
    }
    return true;
  };
  const kept: Kept = {
    chunks: [],
    complete: true,
    held() {
      pass(partial);
      return held;
    },
  };
  let size = 0;
  from?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_STREAM_BYTES && holding) {
      holding = false;
      writeAll(fd, Buffer.concat(held));
      held = [];
    }
    const written = byLine ? passLines(chunk) : pass(chunk);
    kept.complete &&= written && size <= MAX_STREAM_BYTES;
    if (kept.complete) kept.chunks.push(chunk);
    if (!written && "destroy" in from && typeof from.destroy === "function") from.destroy();
  });
  return kept;
}

function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false;
  }
}

/** Messages one by one; undefined when the socket has ended or makes no sense. */
function receive(socket: Socket): { next(): Promise<Message | undefined> } {
  const decoder = new FrameDecoder();
  const queue: (Message | undefined)[] = [];
  const waiting: ((message: Message | undefined) => void)[] = [];
  const give = (message: Message | undefined) => {
    const first = waiting.shift();
    if (first === undefined) queue.push(message);
    else first(message);
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const message of decoder.push(chunk)) give(message);
    } catch {
      socket.destroy();
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    for (let n = 0; n < 3; n++) give(undefined);
  });
  return {
    next: () =>
      queue.length > 0 ? Promise.resolve(queue.shift()) : new Promise((resolve) => waiting.push(resolve)),
  };
}

async function connectToBroker(): Promise<Socket> {
  const given = env["CARGOGREEN_SOCKET"];
  if (given) return connectTo(given);
  const sidecar = readFileSync(join(dirname(launcherPath), "broker"), "utf8");
  const [version = "", node = "", script = ""] = sidecar.split("\n");
  const directory = socketDirectory({ runtimeDir: env["XDG_RUNTIME_DIR"], uid: process.getuid?.() ?? 0 });
  const path = join(directory, `${version}.sock`);
  const present = await connectTo(path).catch(() => undefined);
  if (present !== undefined) return present;
  // Several may start one: all but the first find the socket busy and exit.
  const wanted = (name: string) => /^(HOME|PATH|TMPDIR|XDG_.*)$/.test(name);
  const broker = spawn(node, [script, "broker", "--socket", path], {
    cwd: "/",
    detached: true,
    stdio: "ignore",
    env: Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name))),
  });
  broker.on("error", () => undefined);
  broker.unref();
  const begun = performance.now();
  while (performance.now() - begun < CONNECT_PATIENCE_MS) {
    await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS));
    const socket = await connectTo(path).catch(() => undefined);
    if (socket !== undefined) return socket;
    if (broker.exitCode !== null && broker.exitCode !== 0) break;
  }
  throw new Error("no broker");
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once("error", reject);
    socket.setTimeout(CONNECT_PATIENCE_MS, () => {
      if (socket.connecting) socket.destroy(new Error("no answer"));
    });
  });
}

/** False if nobody reads any more. */
function writeAll(fd: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EAGAIN")) return false;
    }
  }
  return true;
}

function leaveWith(code: number, stdout: Uint8Array, stderr: Uint8Array): never {
  writeAll(1, stdout);
  writeAll(2, stderr);
  process.exit(code & 0xff);
}

function leaveAs(exit: ChildExit): never {
  if (signalled !== undefined) dieBy(signalled);
  if (exit.how === "exited") process.exit(exit.code);
  dieBy(exit.signal);
}

function dieBy(signal: NodeJS.Signals | number): never {
  for (const name of SIGNALS) process.removeAllListeners(name);
  process.kill(process.pid, signal);
  process.exit(128 + numberOf(signal));
}

function numberOf(signal: NodeJS.Signals | number): number {
  return typeof signal === "number" ? signal : constants.signals[signal];
}

function toLatin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function toUtf8(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

function latin1(variables: Environment): ReadonlyMap<string, string> {
  return new Map(Object.entries(variables).map(([name, value]) => [toLatin1(name), toLatin1(value)]));
}
