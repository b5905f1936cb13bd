// SPDX-License-Identifier: MIT OR Apache-2.0

/** What went wrong, as a closed set that callers may branch on. */
export type ErrorCode =
  | "usage" // a flag, selector or argument that makes no sense
  | "config" // a configuration file or variable that cannot be used
  | "environment" // this machine lacks something: a Node, a rustc, a writable directory
  | "not-found" // a record, crate or file that was asked for is not there
  | "corrupt" // stored bytes are not what their digest says
  | "busy" // someone else holds what is needed
  | "denied" // a remote does not let us: no credentials, or not these
  | "unreachable" // a remote does not answer
  | "refused" // a remote answers that it will not: too large, no quota, no deleting
  | "protocol" // the other end of a socket broke the protocol
  | "internal"; // a bug of ours

/** Exit statuses of our own commands; Cargo's own status is passed on untouched by the others. */
export const EXIT_STATUS: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  config: 2,
  environment: 3,
  "not-found": 4,
  corrupt: 5,
  busy: 6,
  denied: 8,
  unreachable: 9,
  refused: 10,
  protocol: 70,
  internal: 70,
};

export interface GreenErrorOptions {
  /** What the user can do about it, one line, sentence case, no full stop. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly retryable?: boolean;
  /** The side that failed, where there are several: the name of a remote. */
  readonly side?: string | undefined;
}

/** The same in each file of the program, which may have a copy of this class. */
const MARK = Symbol.for("cargo-green error");

/** The one error class of this program: what happened, to what, and what to do. */
export class GreenError extends Error {
  readonly [MARK] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly side: string | undefined;

  constructor(code: ErrorCode, message: string, options: GreenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GreenError";
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.side = options.side;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && MARK in value;
  }

  /** Wraps whatever was thrown; a GreenError passes through. */
  static from(thrown: unknown): GreenError {
    if (thrown instanceof GreenError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new GreenError("internal", message, { cause: thrown });
  }
}
