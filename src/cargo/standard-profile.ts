// SPDX-License-Identifier: MIT OR Apache-2.0

/** Cargo's own profiles, and `debug`, which is the directory of `dev`. */
const STANDARD_PROFILES = new Set(["dev", "debug", "release", "test", "bench"]);

/** True for a profile, or its directory, that every Cargo has; others are named by their project. */
export function isStandardProfile(name: string): boolean {
  return STANDARD_PROFILES.has(name);
}
