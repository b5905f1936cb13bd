// SPDX-License-Identifier: MIT OR Apache-2.0
import { StableHasher } from "./stable-hasher.ts";

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Feeds a path as `impl Hash for Path` of Rust's standard library does (`library/std/src/path.rs`, 1.95 and 1.97;
 * Unix, 64-bit): the bytes of the components without separators and `.`, then a number made of their lengths, so that
 * `a/b` and `ab` differ. A leading slash counts for nothing.
 */
export function writePath(hasher: StableHasher, path: string): void {
  let low = 0;
  let high = 0;
  const component = (start: number, end: number) => {
    if (end <= start) return;
    hasher.bytes(path.slice(start, end));
    const sum = (low >>> 0) + (end - start);
    high = (high + (sum > 0xffffffff ? 1 : 0)) | 0;
    low = sum | 0;
    const rotated = (low >>> 2) | (high << 30); // rotate right by 2
    high = (high >>> 2) | (low << 30);
    low = rotated;
  };
  let start = 0;
  for (let at = 0; at < path.length; at++) {
    if (path.charCodeAt(at) !== SLASH) continue;
    component(start, at);
    start = at + 1;
    const dot = path.charCodeAt(start) === DOT;
    if (dot && (start + 1 === path.length || path.charCodeAt(start + 1) === SLASH)) start++;
  }
  component(start, path.length);
  hasher.halves(low, high);
}

/**
 * The field `path` of a compilation's fingerprint, of the path that `sourcePath` gives.
 *
 * @param path latin1 of the bytes
 */
export function pathHash(path: string): bigint {
  const hasher = new StableHasher();
  writePath(hasher, path);
  return hasher.finish();
}

export interface SourceFile {
  /** The target's root source file, absolute: `…/src/lib.rs`, `…/build.rs`. */
  readonly file: string;
  /** The package's source is a path (a workspace member or a path dependency), not a registry or git. */
  readonly isPathPackage: boolean;
  /** Where the workspace's `Cargo.toml` lies, absolute; with `-Zroot-dir`, that directory. */
  readonly workspaceRoot: string;
}

/**
 * What Cargo hands to rustc and hashes as the field `path` (Cargo 1.95 and 1.97, `path_args`): relative to the
 * workspace for path packages below it, absolute for everything else.
 */
export function sourcePath({ file, isPathPackage, workspaceRoot }: SourceFile): string {
  const below = `${workspaceRoot.replace(/\/+$/, "")}/`;
  return isPathPackage && file.startsWith(below) ? file.slice(below.length) : file;
}
