// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * The places of this machine that appear in paths, from the most specific to the least.
 * A path below one is stored as `@@green:NAME@@/rest`, so that a record made in one checkout fits another.
 */
export interface PathRoots {
  /** In the order in which they are tried: longer paths first. */
  readonly roots: readonly PathRoot[];
}

export interface PathRoot {
  readonly name: RootName;
  /** Absolute, without a trailing slash; latin1 of the bytes. */
  readonly path: string;
}

export const ROOT_NAMES = [
  "OUT_DIR",
  "TARGET",
  "PACKAGE",
  "WORKSPACE",
  "CARGO_HOME",
  "SYSROOT",
  "HOME",
] as const;
export type RootName = (typeof ROOT_NAMES)[number];
