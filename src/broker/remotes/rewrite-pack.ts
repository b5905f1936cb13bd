// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Descriptor, OciDigest } from "../../remote/descriptor.ts";
import type { ManifestOptions, Remote } from "../../remote/remote.ts";
import type { InstanceId } from "../../unit/digest.ts";
import { type PlacedUnit, pushParts } from "../share/pack-parts.ts";
import type { PushOptions } from "../share/push-options.ts";
import type { PushingStore } from "../share/send-layers.ts";
import { repackLayer } from "./repack-layer.ts";
import { readWholePack, type WholePack } from "./whole-pack.ts";

/** How often a pack that others change meanwhile is read again. */
const ATTEMPTS = 4;

/** Manifests that a pack consisted of, and no longer does. */
export interface RewrittenPack {
  /** How many units went. */
  readonly removed: number;
  readonly superseded: readonly OciDigest[];
}

/**
 * Writes a pack anew without some of its units, under the same tag; their files leave the layers that they shared with
 * others. If no unit would be left, nothing is written, and all of its manifests are superseded.
 * Throws as the remote does, and "busy" if others change it all the time.
 */
export async function removeFromPack(
  remote: Remote,
  tag: string,
  gone: ReadonlySet<InstanceId>,
  store: Pick<PushingStore, "scratchPath">,
  options: PushOptions = {},
): Promise<RewrittenPack> {
  const reading = { signal: options.signal, isFresh: true };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const pack = await readWholePack(remote, tag, reading);
    if (pack === undefined) return { removed: 0, superseded: [] };
    const stays = pack.placed.filter(({ unit }) => !gone.has(unit.record.instance));
    const removed = pack.placed.length - stays.length;
    if (removed === 0) return { removed, superseded: [] };
    if (stays.length === 0) return { removed, superseded: pack.digests };
    const placed = await withoutOthers(pack, stays, remote, store, options);
    const now = await remote.manifest(tag, reading);
    if (now?.descriptor.digest !== pack.digests[0]) continue; // somebody pushed: what they added stays
    await pushParts({ scope: pack.scope, id: pack.id, tag, placed }, remote, options);
    return { removed, superseded: await superseded(pack, remote, reading) };
  }
  throw new GreenError("busy", `The pack "${tag}" of "${remote.name}" is changed by others all the time`, {
    ...{ side: remote.name, retryable: true, hint: "try again when nobody pushes" },
  });
}

/** The units that stay, in layers without those that go. */
async function withoutOthers(
  { placed }: WholePack,
  stays: readonly PlacedUnit[],
  remote: Remote,
  store: Pick<PushingStore, "scratchPath">,
  options: PushOptions,
): Promise<readonly PlacedUnit[]> {
  const made = new Map<OciDigest, Descriptor>();
  const byLayer = Map.groupBy(placed, ({ layer }) => layer?.digest);
  for (const members of byLayer.values()) {
    const layer = members[0]?.layer;
    const left = members.filter((each) => stays.includes(each));
    if (layer === undefined || left.length === members.length || left.length === 0) continue;
    const group = left.map(({ unit }) => unit);
    const [descriptor] = await repackLayer(layer, [group], { from: remote, to: remote }, store, options);
    if (descriptor !== undefined) made.set(layer.digest, descriptor);
  }
  return stays.map(({ unit, layer }) => ({
    unit,
    layer: layer === undefined ? undefined : (made.get(layer.digest) ?? layer),
  }));
}

/** The old manifests, but for those that are of the new pack too. */
async function superseded(
  { tag, digests }: WholePack,
  remote: Remote,
  options: ManifestOptions,
): Promise<readonly OciDigest[]> {
  const anew = new Set((await readWholePack(remote, tag, options))?.digests);
  return digests.filter((digest) => !anew.has(digest));
}
