// SPDX-License-Identifier: MIT OR Apache-2.0
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { GreenError } from "../../error.ts";
import type { PlacedFile } from "../../store/store.ts";
import { encodeBatch, type FileOperation } from "./file-operations.ts";

/** A lock that is free is had at once; what takes longer is somebody else's build, milliseconds. */
const PATIENCE_MS = 200;

/** What the shim says when whoever comes for one of the locks waits before it could see that somebody has it. */
const LEASED = "ready leased";
/** Before what went wrong, and what that is if a file to be placed is not as it was left. */
const FAILED = "!";
const CHANGED = "changed";

/** Holds Cargo's locks on a target directory, and writes there. */
export interface TargetWriter {
  /** True if a Cargo that is started now does all that it does before it needs the locks, and then waits silently. */
  readonly holdsBack: boolean;
  /**
   * Does these in their order, making directories as they are needed; the first failure ends it.
   * Returns what was placed. Throws GreenError "busy" if a file is not as it was left, else "environment".
   */
  perform(operations: readonly FileOperation[]): Promise<readonly PlacedFile[]>;
  /** Lets the locks go. */
  release(): Promise<void>;
}

/**
 * Takes locks as Cargo does (flock), through the shim, as Node has none; the same process then writes, beside this one.
 * The locks end with it.
 *
 * @param blocked called once if somebody else holds one of them
 * Throws GreenError "environment" if they cannot be had.
 */
export async function openTarget(
  shim: string,
  locks: readonly string[],
  blocked: () => void,
): Promise<TargetWriter> {
  const child = spawn(shim, ["--green-flock", ...locks], { stdio: ["pipe", "pipe", "ignore"] });
  const writer = new ShimWriter(child);
  const timer = setTimeout(blocked, PATIENCE_MS);
  try {
    await writer.ready;
  } catch {
    throw new GreenError("environment", `The lock "${locks[0]}" cannot be taken`);
  } finally {
    clearTimeout(timer);
  }
  return writer;
}

interface Waiting {
  resolve(said: string): void;
  reject(reason: GreenError): void;
}

class ShimWriter implements TargetWriter {
  readonly ready: Promise<string>;
  holdsBack = false;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<string, Waiting>();
  #batches = 0;
  /** Of the last line that was heard. */
  #unfinished = "";

  constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.ready = this.#answerTo("ready");
    this.ready.catch(() => {}); // whoever waits for it is told
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    child.stdin.on("error", () => {}); // EPIPE: it has ended, which is told below
    this.#ended = new Promise<void>((resolve) => {
      const end = () => {
        for (const each of this.#waiting.values()) each.reject(failed("the shim ended"));
        this.#waiting.clear();
        resolve();
      };
      child.once("close", end);
      child.once("error", end);
    });
  }

  async perform(operations: readonly FileOperation[]): Promise<readonly PlacedFile[]> {
    const number = ++this.#batches;
    const answered = this.#answerTo(String(number));
    this.#child.stdin.write(encodeBatch(number, operations));
    return parsePlaced(await answered);
  }

  release(): Promise<void> {
    this.#child.stdin.end();
    return this.#ended;
  }

  #answerTo(name: string): Promise<string> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return Promise.reject(failed("the shim has ended"));
    return new Promise((resolve, reject) => this.#waiting.set(name, { resolve, reject }));
  }

  #hear(text: string): void {
    const lines = `${this.#unfinished}${text}`.split("\n");
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
  }

  /** A number, and what was placed or went wrong; before all of them that it is ready, and how. */
  #take(line: string): void {
    const [name = ""] = line.split(" ", 1);
    const said = line.slice(name.length + 1);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    this.holdsBack ||= line === LEASED;
    if (said.startsWith(FAILED)) waiting?.reject(failed(said.slice(FAILED.length)));
    else waiting?.resolve(said);
  }
}

/** Of `place` operations in their order: `<is a link>,<inode>,<bytes>,<mtime>,<ctime>,<names>`, times in nanoseconds. */
function parsePlaced(said: string): readonly PlacedFile[] {
  if (said === "") return [];
  return said.split(" ").map((each) => {
    const [link, ino = "", size = "", mtime = "", ctime = "", names] = each.split(",");
    return {
      isLink: link === "1",
      ino: BigInt(ino),
      size: BigInt(size),
      mtimeNs: BigInt(mtime),
      ctimeNs: BigInt(ctime),
      names: Number(names),
    };
  });
}

function failed(reason: string): GreenError {
  if (reason === CHANGED) return new GreenError("busy", "A stored file changed", { retryable: true });
  return new GreenError("environment", `The target directory cannot be written to: ${reason}`);
}
