// SPDX-License-Identifier: MIT OR Apache-2.0

/** Where things are at the place that files are rewritten for. */
export interface Reroot {
  /** The new place of an absolute path; undefined if it has none. */
  readonly path: (path: string) => string | undefined;
  /**
   * The new value of a variable: `CARGO`, or one of the table `[env]`, may hold a path. Default: as it is. If that is
   * wrong, Cargo builds the unit; with a path it would watch the old one.
   */
  readonly value?: (value: string, name: string) => string;
}
