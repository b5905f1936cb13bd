// SPDX-License-Identifier: MIT OR Apache-2.0
import { writeFileSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { fromSqlite, isDamage } from "./sqlite-error.ts";

/** How long a statement waits for another process's transaction. Ours take milliseconds; a rebuild takes seconds. */
const BUSY_TIMEOUT_MS = 20_000;

/** A prepared statement whose rows have the shape that the caller names beside the SQL. */
export interface Statement<Row> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  /** Returns the number of changed rows. */
  run(...values: SQLInputValue[]): number;
}

/** The opened index. All of its errors are GreenErrors. */
export interface IndexDatabase {
  /** Prepares once, then answers from memory. For a fixed set of texts only. */
  sql<Row = Record<string, never>>(text: string): Statement<Row>;
  /** Prepares for one use. */
  once<Row>(text: string): Statement<Row>;
  exec(text: string): void;
  /** Runs `work` in a write transaction, or in the one that is open; rolls back if it throws. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens the file at `path`. Whoever meets damage writes `damagedMarker`, for the next one that opens the store.
 * Throws what `node:sqlite` throws (see sqlite-error.ts).
 */
export function openIndexDatabase(path: string, damagedMarker: string): IndexDatabase {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  const statements = new Map<string, StatementSync>();
  let inTransaction = false;

  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      if (isDamage(thrown)) {
        try {
          writeFileSync(damagedMarker, "");
        } catch {
          // A full or read-only disk: then the next opening meets the damage by itself.
        }
      }
      throw fromSqlite(thrown, path);
    }
  };

  const wrap = <Row>(statement: StatementSync): Statement<Row> => ({
    // The row's shape follows from the SQL, which stands beside the type at each use.
    get: (...values) => guard(() => statement.get(...values) as Row | undefined),
    all: (...values) => guard(() => statement.all(...values) as Row[]),
    run: (...values) => guard(() => Number(statement.run(...values).changes)),
  });

  return {
    sql<Row>(text: string) {
      let statement = statements.get(text);
      if (statement === undefined) {
        statement = guard(() => database.prepare(text));
        statements.set(text, statement);
      }
      return wrap<Row>(statement);
    },
    once: <Row>(text: string) => wrap<Row>(guard(() => database.prepare(text))),
    exec: (text) => guard(() => database.exec(text)),
    transaction(work) {
      if (inTransaction) return work();
      guard(() => database.exec("BEGIN IMMEDIATE"));
      inTransaction = true;
      try {
        const result = work();
        guard(() => database.exec("COMMIT"));
        return result;
      } catch (thrown) {
        try {
          database.exec("ROLLBACK");
        } catch {
          // SQLite rolled back by itself (full disk, I/O error).
        }
        throw thrown;
      } finally {
        inTransaction = false;
      }
    },
    close() {
      statements.clear();
      if (database.isOpen) database.close();
    },
  };
}
