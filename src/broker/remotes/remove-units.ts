// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../../error.ts";
import type { OciDigest } from "../../remote/descriptor.ts";
import { parseAnyPackTag } from "../../remote/format/tag.ts";
import type { Remote } from "../../remote/remote.ts";
import type { PushOptions } from "../share/push-options.ts";
import type { PushingStore } from "../share/send-layers.ts";
import { foreignDigests } from "./foreign-digests.ts";
import type { RemoteRow } from "./remote-row.ts";
import { removeManifests } from "./remove-manifests.ts";
import { removeFromPack } from "./rewrite-pack.ts";

/** What became of units that were to be removed. */
export interface RemoteRemoval {
  /** Units that are nowhere in the remote any more, of those that were named. */
  readonly removed: number;
  /** Packs that were written anew. */
  readonly rewritten: number;
  /** Units that the remote did not remove. */
  readonly left: number;
  /** Why, and the provider's own way; also where only what was superseded is left. */
  readonly refusal: GreenError | undefined;
  /** Tags of somebody else's that lead to units which therefore stay. */
  readonly keptFor: readonly string[];
}

/**
 * Removes units from all places that they are in: images by their manifests, and packs by writing them anew.
 * Throws as the remote does, but where it refuses to delete: then the rest stays, and is counted.
 */
export async function removeUnits(
  remote: Remote,
  rows: readonly RemoteRow[],
  store: Pick<PushingStore, "scratchPath">,
  options: PushOptions = {},
): Promise<RemoteRemoval> {
  if (rows.length === 0) return { removed: 0, rewritten: 0, left: 0, refusal: undefined, keptFor: [] };
  const foreign = await foreignDigests(remote, options);
  const still = new Set<string>();
  const groups: (readonly OciDigest[])[] = [];
  /** Who is in a manifest that is to go. */
  const inside = new Map<OciDigest, readonly RemoteRow[]>();
  let rewritten = 0;
  for (const [tag, members] of Map.groupBy(rows, wholeTag)) {
    const [first] = members;
    if (first?.place.kind === "image") {
      groups.push([first.place.digest]);
      inside.set(first.place.digest, members);
      continue;
    }
    const gone = new Set(members.map(({ instance }) => instance));
    const { superseded } = await removeFromPack(remote, tag, gone, store, options);
    const isEmptied =
      (await remote.manifest(tag, { ...options, isFresh: true }))?.descriptor.digest === superseded[0];
    if (!isEmptied) rewritten += 1;
    groups.push(superseded);
    for (const digest of superseded) inside.set(digest, isEmptied ? members : []);
  }
  const { kept, left, refusal } = await removeManifests(remote, groups, foreign, options);
  for (const digest of [...kept.keys(), ...left]) {
    for (const { instance } of inside.get(digest) ?? []) still.add(instance);
  }
  const leftUnits = new Set(
    [...left].flatMap((digest) => inside.get(digest) ?? []).map(({ instance }) => instance),
  );
  const all = new Set<string>(rows.map(({ instance }) => instance));
  return {
    ...{ removed: all.size - still.size, rewritten, left: leftUnits.size, refusal },
    keptFor: [...new Set(kept.values())],
  };
}

function wholeTag({ place }: RemoteRow): string {
  return place.kind === "image" ? place.tag : (parseAnyPackTag(place.tag)?.whole ?? place.tag);
}
