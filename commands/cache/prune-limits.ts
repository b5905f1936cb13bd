// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseDuration } from "../../src/config/quantity.ts";
import { parseRange } from "../../src/store/selector.ts";

/** Limits of `cache prune` as they are typed. */
export interface LimitFlags {
  readonly "stale-schema": boolean;
  readonly "keep-size"?: string | undefined;
  readonly "unused-since"?: string | undefined;
  readonly "older-than"?: string | undefined;
  readonly rustc?: string | undefined;
  readonly "keep-last"?: number | undefined;
}

/** Limits that remotes and BuildKit's caches both have. */
export interface SharedLimits {
  /** Milliseconds since the epoch. */
  readonly madeBefore?: number;
  /** semver range. */
  readonly rustc?: string;
  readonly keepLast?: number;
}

/**
 * Reads those that are given.
 * @param now milliseconds since the epoch, from which ages count
 * @throws GreenError "usage"
 */
export function sharedLimits(flags: LimitFlags, now: number): SharedLimits {
  const { rustc, "older-than": age, "keep-last": keepLast } = flags;
  return {
    ...(age !== undefined && { madeBefore: now - parseDuration(age, "--older-than") }),
    ...(rustc !== undefined && { rustc: parseRange(rustc, "--rustc") }),
    ...(keepLast !== undefined && { keepLast }),
  };
}
