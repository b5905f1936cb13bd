// SPDX-License-Identifier: MIT OR Apache-2.0

/** `1767225600.123456789s (src/lib.rs)`: Cargo's `PathSource::fingerprint`, the newest file below a path package. */
const MTIME = /^-?\d+\.\d{9}s \(/;
/** `overridden build state with hash: 123`: a `links` override in Cargo's configuration. */
const OVERRIDE = "overridden build state with hash: ";

/**
 * What a `precalculated` text of a build script's run (without `rerun-if-…`) or of a documented unit says.
 * `mtime` is true of one checkout only; `source` is a version or a commit, `override` a hash of configured values.
 */
export function precalculatedBy(text: string): "mtime" | "override" | "source" {
  if (MTIME.test(text)) return "mtime";
  return text.startsWith(OVERRIDE) ? "override" : "source";
}
