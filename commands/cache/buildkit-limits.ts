// SPDX-License-Identifier: MIT OR Apache-2.0
import type { CacheLimits } from "../../src/broker/buildkit/prune-plan.ts";
import { parseDuration, parseSize } from "../../src/config/quantity.ts";
import { GreenError } from "../../src/error.ts";
import { type BuildKitPlace, notOfBuildKit } from "../buildkit-place.ts";
import { type LimitFlags, sharedLimits } from "./prune-limits.ts";

/**
 * What goes from what BuildKit keeps.
 * @param now milliseconds since the epoch, from which ages count
 * @throws GreenError "usage"
 */
export function cacheLimits(flags: LimitFlags, { kind }: BuildKitPlace, now: number): CacheLimits {
  const {
    "keep-size": keep,
    "unused-since": unused,
    "older-than": age,
    rustc,
    "keep-last": keepLast,
  } = flags;
  if (flags["stale-schema"])
    throw notOfBuildKit("--stale-schema", "what BuildKit keeps has no schema of ours");
  const here = "remotes do not tell when something was last pulled: use --older-than, --rustc or --keep-last";
  if (kind === "remote" && unused !== undefined) throw notOfBuildKit("--unused-since", here);
  if (kind === "remote" && keep !== undefined) throw notOfBuildKit("--keep-size", here);
  if ([keep, unused, age, rustc, keepLast].every((limit) => limit === undefined)) {
    throw new GreenError("usage", "There is no limit to prune to", {
      hint: "add --keep-size 10GB, --unused-since 30d, --older-than 90d, --rustc '<1.90' or --keep-last 5",
    });
  }
  return {
    ...(keep !== undefined && { keepSize: parseSize(keep, "--keep-size") }),
    ...(unused !== undefined && { unusedSince: now - parseDuration(unused, "--unused-since") }),
    ...sharedLimits(flags, now),
  };
}
