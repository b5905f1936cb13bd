// SPDX-License-Identifier: MIT OR Apache-2.0
import { DatabaseSync } from "node:sqlite";
import { GreenError } from "../../error.ts";

/** How long somebody else may hold it. */
const LONGEST_WAIT_MS = 60_000; // 1 minute
/** Waits are random, up to this. */
const LONGEST_PAUSE_MS = 20;

/** SQLite's primary result codes for a lock that somebody has, https://www.sqlite.org/rescode.html */
const TAKEN: ReadonlySet<number> = new Set([5, 6]);

/**
 * One at a time, among all processes that write to a layout. It is the lock that SQLite takes on a database, which
 * nothing is written to: Node has no file locks of its own, and this one goes with its process, however that ends.
 */
export class LayoutLock {
  readonly #path: string;
  readonly #side: string;
  #database: DatabaseSync | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param path a file that is made, and stays, empty */
  constructor(path: string, side: string) {
    this.#path = path;
    this.#side = side;
  }

  /** Runs a task while holding it. Throws "busy" if others do not let go. */
  hold<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(async () => {
      const database = await this.#take();
      try {
        return await task();
      } finally {
        database.exec("ROLLBACK");
      }
    });
    this.#last = mine.catch(() => {});
    return mine;
  }

  /** Ends after who holds it now. */
  async close(): Promise<void> {
    await this.#last;
    this.#database?.close();
    this.#database = undefined;
  }

  async #take(): Promise<DatabaseSync> {
    const until = performance.now() + LONGEST_WAIT_MS;
    for (;;) {
      try {
        this.#database ??= new DatabaseSync(this.#path, { timeout: 0 });
        this.#database.exec("BEGIN EXCLUSIVE");
        return this.#database;
      } catch (thrown) {
        if (!isTaken(thrown)) throw this.#unusable(thrown);
        if (performance.now() > until) throw this.#busy(thrown);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS));
    }
  }

  #busy(cause: unknown): GreenError {
    return new GreenError("busy", `Another process keeps "${this.#path}" locked`, {
      ...{ side: this.#side, cause, retryable: true },
      hint: "try again when it is done",
    });
  }

  #unusable(cause: unknown): GreenError {
    return new GreenError("denied", `"${this.#path}" cannot be locked: ${GreenError.from(cause).message}`, {
      ...{ side: this.#side, cause },
      hint: "the layout must be writable, and its file system must have locks",
    });
  }
}

function isTaken(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !("errcode" in thrown) || typeof thrown.errcode !== "number")
    return false;
  return TAKEN.has(thrown.errcode & 0xff); // without the extended part
}
