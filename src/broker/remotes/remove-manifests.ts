// SPDX-License-Identifier: MIT OR Apache-2.0
import { atOnce } from "../../at-once.ts";
import { GreenError } from "../../error.ts";
import type { OciDigest } from "../../remote/descriptor.ts";
import type { Remote, RequestOptions } from "../../remote/remote.ts";

const CONCURRENCY = 4;

/** What became of manifests that were to be removed. */
export interface ManifestRemoval {
  readonly removed: ReadonlySet<OciDigest>;
  /** Somebody else's tag leads to them. */
  readonly kept: ReadonlyMap<OciDigest, string>;
  /** Those that the remote did not remove. */
  readonly left: ReadonlySet<OciDigest>;
  /** Why, and the provider's own way. */
  readonly refusal: GreenError | undefined;
}

/**
 * Removes manifests, each group in its order, but none that a tag of somebody else's leads to. A remote that refuses
 * is not asked for the rest. Throws as the remote does otherwise.
 */
export async function removeManifests(
  remote: Remote,
  groups: readonly (readonly OciDigest[])[],
  foreign: ReadonlyMap<OciDigest, string>,
  options: RequestOptions = {},
): Promise<ManifestRemoval> {
  const removed = new Set<OciDigest>();
  const kept = new Map<OciDigest, string>();
  const left = new Set<OciDigest>();
  let refusal: GreenError | undefined;
  await atOnce(CONCURRENCY, groups, async (digests) => {
    for (const digest of digests) {
      const tag = foreign.get(digest);
      if (tag !== undefined) kept.set(digest, tag);
      else if (refusal !== undefined) left.add(digest);
      else {
        try {
          await remote.removeManifest(digest, options);
          removed.add(digest);
        } catch (thrown) {
          if (!(thrown instanceof GreenError) || thrown.code !== "refused") throw thrown;
          refusal ??= thrown;
          left.add(digest);
        }
      }
    }
  });
  return { removed, kept, left, refusal };
}
