// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/** Version of docs/protocol.md; part of the shim's identity. */
export const PROTOCOL_VERSION = 2;
/** 64 MiB: two streams of 16 MiB and a command line with its environment fit many times over. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** 16 MiB: what is kept of each stream of a child; docs/protocol.md, "Course". */
export const MAX_STREAM_BYTES = 16 * 1024 * 1024;
/** What a shim exits with after CANCEL: 128 + SIGINT, as a shell has it. */
export const CANCELLED_STATUS = 130;

/** In the order of their numbers in docs/protocol.md. */
export const ROLES = ["rustc", "workspace-wrapper", "build-script"] as const;
export type Role = (typeof ROLES)[number];

/**
 * What Cargo asked of a shim. All strings are latin1 of the bytes, so that what is not UTF-8 survives:
 * use `Buffer.from(text, "latin1")` for file system calls.
 */
export interface ShimRequest {
  readonly role: Role;
  readonly cwd: string;
  /** argv[0] is the program that would run without us. */
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}

/** How a child ended. */
export type ChildExit =
  | { readonly how: "exited"; readonly code: number }
  | { readonly how: "signalled"; readonly signal: number };

/** How a shim's child ended and what it wrote. */
export interface ChildResult {
  readonly exit: ChildExit;
  /** False if a stream was cut or too long to keep; both are empty then. */
  readonly complete: boolean;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A command for the shim to run as its child; latin1 as in the request. What is left out stays as in the request. */
export interface ChildCommand {
  readonly argv?: readonly string[];
  readonly setEnv?: ReadonlyMap<string, string>;
  /** Removed before `setEnv` is applied. */
  readonly unsetEnv?: readonly string[];
  /**
   * Holds back what it writes until the last word, so that another command may follow as if this one had not been.
   * Only lines of rustc that tell of a finished artifact are passed on at once.
   */
  readonly hold?: boolean;
}

/** The last word to a shim: run the real program in your place, or write this and exit. */
export type FinalAnswer =
  | { readonly kind: "exec" }
  | {
      readonly kind: "finish";
      readonly code: number;
      readonly stdout: Uint8Array;
      readonly stderr: Uint8Array;
    };

/** Everything a broker may send. */
export type Answer = FinalAnswer | ({ readonly kind: "run" } & ChildCommand) | { readonly kind: "cancel" };

/** Everything that travels, either way. */
export type Message =
  | { readonly kind: "request"; readonly request: ShimRequest }
  | { readonly kind: "done"; readonly result: ChildResult }
  | Answer;

const TYPE = { request: 1, done: 2, exec: 16, run: 17, finish: 18, cancel: 19 } as const;

/** The only flag of RUN. */
const HOLD = 1;

/** The answer that makes a shim end as its child did. */
export function finishLike(result: ChildResult): FinalAnswer {
  const { exit } = result;
  const code = exit.how === "exited" ? exit.code : 128 + exit.signal;
  return { kind: "finish", code, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
}

/** One frame, ready to be written. Throws GreenError "protocol" if it would be too long. */
export function encode(message: Message): Buffer {
  const parts: Uint8Array[] = [];
  switch (message.kind) {
    case "request": {
      const { role, cwd, argv, env } = message.request;
      const head = Buffer.alloc(3);
      head.writeUInt16LE(PROTOCOL_VERSION);
      head.writeUInt8(ROLES.indexOf(role), 2);
      parts.push(head, ...bytes(latin1(cwd)), ...list(argv), ...list(assignments(env)));
      break;
    }
    case "done": {
      const { exit, complete, stdout, stderr } = message.result;
      const head = Buffer.alloc(6);
      head.writeUInt8(exit.how === "exited" ? 0 : 1);
      head.writeInt32LE(exit.how === "exited" ? exit.code : exit.signal, 1);
      head.writeUInt8(complete ? 1 : 0, 5);
      parts.push(head, ...bytes(stdout), ...bytes(stderr));
      break;
    }
    case "run":
      parts.push(Buffer.of(message.hold === true ? HOLD : 0));
      parts.push(...list(message.argv ?? []), ...list(assignments(message.setEnv ?? new Map())));
      parts.push(...list(message.unsetEnv ?? []));
      break;
    case "finish": {
      const code = Buffer.alloc(4);
      code.writeInt32LE(message.code);
      parts.push(code, ...bytes(message.stdout), ...bytes(message.stderr));
      break;
    }
    case "exec":
    case "cancel":
      break;
  }
  const length = 1 + parts.reduce((sum, part) => sum + part.length, 0);
  if (length > MAX_FRAME_BYTES) throw new GreenError("protocol", `A frame of ${length} bytes is too long`);
  const head = Buffer.alloc(5);
  head.writeUInt32LE(length);
  head.writeUInt8(TYPE[message.kind], 4);
  return Buffer.concat([head, ...parts], 4 + length);
}

/** Turns a stream's chunks into messages, however they are cut. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #size = 0;

  /** The messages that are complete now. Throws GreenError "protocol"; the stream is of no use after that. */
  push(chunk: Buffer): Message[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const messages: Message[] = [];
    for (;;) {
      if (this.#size < 4) return messages;
      const length = this.#peekLength();
      if (length < 1 || length > MAX_FRAME_BYTES) {
        throw new GreenError("protocol", `A frame cannot be ${length} bytes long`);
      }
      if (this.#size < 4 + length) return messages;
      // Only here, so that a long frame in many chunks is copied once.
      const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#size);
      if (whole === undefined) return messages;
      messages.push(decodeFrame(whole.subarray(4, 4 + length)));
      this.#size -= 4 + length;
      this.#chunks = this.#size === 0 ? [] : [whole.subarray(4 + length)];
    }
  }

  /** Only called when four bytes are there. */
  #peekLength(): number {
    let [first] = this.#chunks;
    if (first === undefined || first.length < 4) {
      first = Buffer.concat(this.#chunks, this.#size);
      this.#chunks = [first];
    }
    return first.readUInt32LE();
  }
}

function decodeFrame(frame: Buffer): Message {
  const fields = new Fields(frame);
  const message = decodeFields(fields.u8(), fields);
  fields.end();
  return message;
}

function decodeFields(type: number, fields: Fields): Message {
  switch (type) {
    case TYPE.request: {
      const version = fields.u16();
      if (version !== PROTOCOL_VERSION) {
        throw new GreenError("protocol", `The shim speaks version ${version}, not ${PROTOCOL_VERSION}`);
      }
      const role = ROLES[fields.u8()];
      if (role === undefined) throw malformed("role");
      const cwd = fields.text();
      const argv = fields.list();
      if (argv.length === 0) throw malformed("argv");
      return { kind: "request", request: { role, cwd, argv, env: environment(fields.list()) } };
    }
    case TYPE.done: {
      const how = fields.u8();
      if (how > 1) throw malformed("exit");
      const value = fields.i32();
      const exit: ChildExit =
        how === 0 ? { how: "exited", code: value } : { how: "signalled", signal: value };
      const complete = fields.u8() === 1;
      return { kind: "done", result: { exit, complete, stdout: fields.bytes(), stderr: fields.bytes() } };
    }
    case TYPE.exec:
      return { kind: "exec" };
    case TYPE.run: {
      const flags = fields.u8();
      if (flags > HOLD) throw malformed("flags");
      return {
        kind: "run",
        hold: flags === HOLD,
        argv: fields.list(),
        setEnv: environment(fields.list()),
        unsetEnv: fields.list(),
      };
    }
    case TYPE.finish:
      return { kind: "finish", code: fields.i32(), stdout: fields.bytes(), stderr: fields.bytes() };
    case TYPE.cancel:
      return { kind: "cancel" };
    default:
      throw new GreenError("protocol", `A frame of the unknown type ${type}`);
  }
}

/** Reads one frame's fields in order; every read checks what is left. */
class Fields {
  readonly #frame: Buffer;
  #at = 0;

  constructor(frame: Buffer) {
    this.#frame = frame;
  }

  #take(size: number): number {
    const at = this.#at;
    if (size > this.#frame.length - at) throw malformed("length");
    this.#at = at + size;
    return at;
  }

  u8(): number {
    return this.#frame.readUInt8(this.#take(1));
  }
  u16(): number {
    return this.#frame.readUInt16LE(this.#take(2));
  }
  u32(): number {
    return this.#frame.readUInt32LE(this.#take(4));
  }
  i32(): number {
    return this.#frame.readInt32LE(this.#take(4));
  }
  bytes(): Buffer {
    const size = this.u32();
    const at = this.#take(size);
    return this.#frame.subarray(at, at + size);
  }
  text(): string {
    return this.bytes().toString("latin1");
  }
  list(): string[] {
    const items: string[] = [];
    for (let count = this.u32(); count > 0; count--) items.push(this.text());
    return items;
  }
  end(): void {
    if (this.#at !== this.#frame.length) throw malformed("trailing bytes");
  }
}

function malformed(what: string): GreenError {
  return new GreenError("protocol", `A malformed frame (${what})`);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function bytes(data: Uint8Array): Uint8Array[] {
  return [u32(data.length), data];
}

function list(items: readonly string[]): Uint8Array[] {
  return [u32(items.length), ...items.flatMap((item) => bytes(latin1(item)))];
}

function assignments(env: ReadonlyMap<string, string>): string[] {
  return Array.from(env, ([name, value]) => `${name}=${value}`);
}

/** Of a name that occurs twice the first counts, as for getenv(3). */
function environment(entries: readonly string[]): Map<string, string> {
  const env = new Map<string, string>();
  for (const entry of entries) {
    // A name may begin with `=`, but not be empty; Rust's std reads environ the same way.
    const at = entry.indexOf("=", 1);
    if (at < 0) continue;
    const name = entry.slice(0, at);
    if (!env.has(name)) env.set(name, entry.slice(at + 1));
  }
  return env;
}
