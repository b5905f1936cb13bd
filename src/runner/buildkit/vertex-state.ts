// SPDX-License-Identifier: MIT OR Apache-2.0

/** What a builder said of a vertex. */
export interface VertexState {
  /** As the builder shows it to people. */
  readonly name: string;
  /** True if it had the result. */
  readonly cached: boolean;
  /** By its own clock, milliseconds since 1970. */
  readonly startedMs: number | undefined;
  readonly completedMs: number | undefined;
  /** Why it failed; empty if it did not. */
  readonly error: string;
  /** How much it printed past the files that hold what it prints. */
  readonly logBytes: number;
  /** The end of that. */
  readonly log: string;
}
