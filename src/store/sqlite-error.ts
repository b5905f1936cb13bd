// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

// Primary result codes, https://www.sqlite.org/rescode.html
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** SQLite's primary result code of what `node:sqlite` threw; undefined for anything else. */
export function sqliteCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !("errcode" in thrown) || typeof thrown.errcode !== "number")
    return undefined;
  return thrown.errcode & 0xff; // without the extended part
}

/** True if SQLite says that the file is damaged or no database. */
export function isDamage(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** True if another process holds the lock that was waited for. */
export function isBusy(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** What `node:sqlite` threw, as a GreenError; anything else passes through `GreenError.from`. */
export function fromSqlite(thrown: unknown, index: string): GreenError {
  const code = sqliteCode(thrown);
  if (code === undefined) return GreenError.from(thrown);
  if (isDamage(thrown)) {
    return new GreenError("corrupt", `The index "${index}" is damaged`, {
      hint: "The next run rebuilds it from the records",
      cause: thrown,
    });
  }
  if (isBusy(thrown)) {
    return new GreenError("busy", `Another process keeps the index "${index}" locked`, {
      hint: "Try again when it is done",
      cause: thrown,
      retryable: true,
    });
  }
  const why =
    code === SQLITE_FULL
      ? "the disk is full"
      : code === SQLITE_READONLY || code === SQLITE_CANTOPEN
        ? "it cannot be opened for writing"
        : code === SQLITE_IOERR
          ? "reading or writing it failed"
          : undefined;
  if (why === undefined) {
    return new GreenError("internal", `The index "${index}" failed: ${GreenError.from(thrown).message}`, {
      cause: thrown,
    });
  }
  return new GreenError("environment", `The index "${index}" cannot be used: ${why}`, { cause: thrown });
}
