// SPDX-License-Identifier: MIT OR Apache-2.0
import { isAbsolute, relative } from "node:path";
import type { Package } from "../cargo/package.ts";

/**
 * Where the official Rust images have CARGO_HOME, so that what is compiled there and here is the same;
 * a backtrace shows `/usr/local/cargo/registry/src/…/regex-1.12.2/src/lib.rs`.
 */
export const REMAPPED_CARGO_HOME = "/usr/local/cargo";
/** For sources that build scripts of such packages generate. */
const REMAPPED_TARGET = "/target";

/** Label in the key of a compilation whose paths are remapped. */
export const REMAPPING = "path remapping";
/** Changes whenever the mapping does: it is in the key. */
export const REMAP_SCHEME = "1";

export interface RemapRequest {
  readonly package: Package;
  readonly cwd: string;
  readonly cargoHome: string;
  readonly targetRoot: string;
  /** The source file as Cargo names it: relative for a workspace's own packages only. */
  readonly input: string;
}

/**
 * `--remap-path-prefix` arguments that make a unit's bytes independent of where it was compiled.
 * Packages that cannot change lose CARGO_HOME and the target directory. A workspace's own packages, which are
 * compiled from the workspace's root, get paths relative to it, as `file!()` in them has: debuggers that are
 * started there still find the sources. Path packages elsewhere are left alone; their results stay where they are.
 */
export function remapArguments(request: RemapRequest): readonly string[] {
  const { package: own, cwd, cargoHome, targetRoot, input } = request;
  if (own.immutable) {
    return [
      `--remap-path-prefix=${cargoHome}=${REMAPPED_CARGO_HOME}`,
      `--remap-path-prefix=${targetRoot}=${REMAPPED_TARGET}`,
    ];
  }
  return !isAbsolute(input) && isWorkspaceRoot(cwd, own.root) ? [`--remap-path-prefix=${cwd}=.`] : [];
}

/** Cargo compiles a workspace's packages from its root, and packages elsewhere from their own (its `path_args`). */
export function isWorkspaceRoot(cwd: string, packageRoot: string): boolean {
  const path = relative(cwd, packageRoot);
  return !(path === ".." || path.startsWith("../") || isAbsolute(path));
}
