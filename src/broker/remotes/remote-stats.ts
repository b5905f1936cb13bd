// SPDX-License-Identifier: MIT OR Apache-2.0
import { inOrder } from "../../in-order.ts";
import { type AnnotatedUnit, annotatedUnit } from "../../remote/format/annotations.ts";
import type { Remote } from "../../remote/remote.ts";
import { UNIT_KINDS, type UnitKind } from "../../unit/record.ts";
import { isUnreadable, type ListOptions } from "./list-units.ts";
import { unitOf } from "./remote-row.ts";
import { tagFilter } from "./tag-filter.ts";
import { readContent, readTagged, type Tagged } from "./tagged.ts";
import { walkTags } from "./walk-tags.ts";

const CONCURRENCY = 8;

/** Number of some units, and the bytes of their files, each unit counted once. */
export interface UnitSum {
  readonly units: number;
  readonly size: number;
}

/** What a remote holds of ours, summed up. */
export interface RemoteStats {
  readonly total: UnitSum;
  readonly images: number;
  /** A pack in parts counts once for each. */
  readonly packs: number;
  /** Distinct blobs and manifests, and their bytes: what the remote keeps. */
  readonly blobs: number;
  readonly bytes: number;
  /** Tags of others. */
  readonly foreign: number;
  readonly kinds: readonly (UnitSum & { readonly kind: UnitKind })[];
  readonly rustc: readonly (UnitSum & { readonly rustc: string })[];
  readonly public: UnitSum;
  readonly private: UnitSum;
}

/** Reads all manifests and the configs of packs. Throws as the remote does. */
export async function remoteStats(remote: Remote, options: ListOptions = {}): Promise<RemoteStats> {
  const units = new Map<string, Pick<AnnotatedUnit, "identity" | "size" | "privacy">>();
  const blobs = new Map<string, number>();
  let [images, packs, foreign] = [0, 0, 0];
  const tags = walkTags(remote, tagFilter({ selectors: [] }), options, () => {
    foreign += 1;
  });
  const read = async (tag: string) => {
    const tagged = await readTagged(remote, tag, options);
    if (tagged === undefined) return undefined;
    const said = tagged.kind === "image" ? annotatedUnit(tagged.manifest.annotations) : undefined;
    if (said !== undefined) return { tagged, rows: [said] };
    return { tagged, rows: await recordsBehind(remote, tagged, options) };
  };
  for await (const each of inOrder(CONCURRENCY, tags, read)) {
    if (each === undefined) {
      foreign += 1;
      continue;
    }
    const { kind, manifest, stored } = each.tagged;
    if (kind === "image") images += 1;
    else packs += 1;
    for (const { digest, size } of [stored.descriptor, manifest.config, ...manifest.layers])
      blobs.set(digest, size);
    for (const { instance, identity, size, privacy } of each.rows) {
      units.set(instance, { identity: { ...identity, features: [] }, size, privacy });
    }
  }
  const all = [...units.values()];
  const sum = (some: typeof all): UnitSum => ({
    units: some.length,
    size: some.reduce((total, { size }) => total + size, 0),
  });
  const byRustc = Map.groupBy(all, ({ identity }) => identity.rustc);
  return {
    ...{ total: sum(all), images, packs, blobs: blobs.size, foreign },
    bytes: [...blobs.values()].reduce((total, size) => total + size, 0),
    kinds: UNIT_KINDS.map((kind) => ({
      kind,
      ...sum(all.filter(({ identity }) => identity.kind === kind)),
    })).filter((each) => each.units > 0),
    rustc: [...byRustc]
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .map(([rustc, some]) => ({ rustc, ...sum(some) })),
    public: sum(all.filter(({ privacy }) => privacy === "public")),
    private: sum(all.filter(({ privacy }) => privacy === "private")),
  };
}

/** The units of a pack; none, and somebody is told, if it cannot be read. */
async function recordsBehind(
  remote: Remote,
  tagged: Tagged,
  options: ListOptions,
): Promise<readonly AnnotatedUnit[]> {
  try {
    const { units } = await readContent(remote, tagged, options);
    return units.map(({ record }) => unitOf(record));
  } catch (thrown) {
    if (options.onUnreadable === undefined || !isUnreadable(thrown)) throw thrown;
    options.onUnreadable(tagged.tag, thrown);
    return [];
  }
}
