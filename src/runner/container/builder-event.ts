// SPDX-License-Identifier: MIT OR Apache-2.0

/** What goes on between this process and a builder. */
export type BuilderEvent = FilesSent | CacheUnread;

/** What a builder did for a unit, for whoever traces a build. */
export interface UnitSolved {
  readonly kind: "unit";
  /** The unit's. */
  readonly name: string;
  /** Of its vertex: `sha256:…`, as the builder's own records and logs have it. */
  readonly vertex: string;
  /** True if the builder had its result. */
  readonly cached: boolean;
  /** The program's. */
  readonly status: number;
  /** When it ran, by the builder's clock: milliseconds since 1970; undefined if it was not said. */
  readonly startedMs: number | undefined;
  readonly completedMs: number | undefined;
  /** Milliseconds until the builder had the result, and from then on until it was here. */
  readonly solveMs: number;
  readonly readMs: number;
  /** Of the unit's files, and of what it printed. */
  readonly fileBytes: number;
  readonly printedBytes: number;
}

/** What a builder was sent. */
export interface FilesSent {
  readonly kind: "sent";
  /** As the builder's records have it. */
  readonly name: string;
  /** How many it had to be told of, and how many it wanted. */
  readonly entries: number;
  readonly files: number;
  /** Of their content. */
  readonly bytes: number;
}

export interface CacheUnread {
  readonly kind: "unread";
  /** The cache as BuildKit calls it: a reference, or its type and a number. */
  readonly cache: string;
  /** In the builder's words. */
  readonly problem: string;
}
