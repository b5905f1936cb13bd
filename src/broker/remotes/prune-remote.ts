// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import type { OciDigest } from "../../remote/descriptor.ts";
import { annotatedPack, annotatedUnit } from "../../remote/format/annotations.ts";
import { parseAnyPackTag } from "../../remote/format/tag.ts";
import type { Remote, RequestOptions } from "../../remote/remote.ts";
import { foreignDigests } from "./foreign-digests.ts";
import { type Prunable, type PruneLimits, planPrune } from "./prune-plan.ts";
import { removeManifests } from "./remove-manifests.ts";
import { tagFilter } from "./tag-filter.ts";
import { readTagged, type Tagged } from "./tagged.ts";
import { walkTags } from "./walk-tags.ts";

const CONCURRENCY = 8;

/** What would go, or went. */
export interface RemotePrune {
  readonly images: number;
  readonly packs: number;
  /** Bytes that nothing else of ours refers to then; the remote frees them when it collects its garbage. */
  readonly bytes: number;
  /** Images and packs that the remote did not remove. */
  readonly left: number;
  readonly refusal: GreenError | undefined;
  /** Tags of somebody else's that lead to what therefore stays. */
  readonly keptFor: readonly string[];
}

/** Looks at the manifests of everything that is ours, and says what the limits exclude. Throws as the remote does. */
export async function findPrunable(
  remote: Remote,
  limits: PruneLimits,
  options: RequestOptions = {},
): Promise<{ readonly all: readonly Prunable[]; readonly excluded: readonly Prunable[] }> {
  const byName = new Map<string, Prunable>();
  const tags = walkTags(remote, tagFilter({ selectors: [] }), options);
  const read = (tag: string) => readTagged(remote, tag, options);
  for await (const tagged of inOrder(CONCURRENCY, tags, read)) {
    const item = tagged === undefined ? undefined : prunable(tagged);
    if (item === undefined) continue;
    const others = byName.get(item.name);
    byName.set(item.name, others === undefined ? item : joined(others, item));
  }
  const all = [...byName.values()];
  return { all, excluded: planPrune(all, limits) };
}

/** Removes what was found to be excluded. Throws as the remote does, but where it refuses to delete. */
export async function prune(
  remote: Remote,
  { all, excluded }: { readonly all: readonly Prunable[]; readonly excluded: readonly Prunable[] },
  options: RequestOptions & { readonly dryRun?: boolean | undefined } = {},
): Promise<RemotePrune> {
  if (options.dryRun === true || excluded.length === 0) {
    return { ...sums(all, excluded), left: 0, refusal: undefined, keptFor: [] };
  }
  const foreign = await foreignDigests(remote, options);
  const groups = excluded.map(({ digests }) => digests);
  const { kept, left, refusal } = await removeManifests(remote, groups, foreign, options);
  const isThere = ({ digests }: Prunable, in_: { has(digest: OciDigest): boolean }) =>
    digests.some((digest) => in_.has(digest));
  const gone = excluded.filter((item) => !isThere(item, kept) && !isThere(item, left));
  const unremoved = excluded.filter((item) => isThere(item, left)).length;
  return { ...sums(all, gone), left: unremoved, refusal, keptFor: [...new Set(kept.values())] };
}

function prunable({ tag, kind, manifest, stored }: Tagged): Prunable | undefined {
  const { digest, size } = stored.descriptor;
  const blobs = new Map([manifest.config, ...manifest.layers].map((blob) => [blob.digest, blob.size]));
  const common = { digests: [digest], blobs: blobs.set(digest, size) };
  if (kind === "image") {
    const said = annotatedUnit(manifest.annotations);
    if (said === undefined) return undefined;
    const { identity, created, schema } = said;
    const { version: _, ...what } = identity;
    const { rustc } = identity;
    return {
      ...common,
      kind,
      name: tag,
      created,
      schema,
      rustc,
      series: JSON.stringify(what),
      sketch: undefined,
    };
  }
  const said = annotatedPack(manifest.annotations);
  const parts = parseAnyPackTag(tag);
  if (said === undefined || parts === undefined) return undefined;
  const { scope, created, schema } = said;
  const { whole, sketch } = parts;
  return {
    ...common,
    kind,
    name: whole,
    created,
    schema,
    rustc: scope.rustc,
    series: JSON.stringify(scope),
    sketch,
  };
}

/** Parts of one pack go together, the first, which leads to the others, before them. */
function joined(first: Prunable, part: Prunable): Prunable {
  return {
    ...first,
    created: Math.max(first.created, part.created),
    digests: [...first.digests, ...part.digests],
    blobs: new Map([...first.blobs, ...part.blobs]),
  };
}

function sums(all: readonly Prunable[], gone: readonly Prunable[]) {
  const going = new Set(gone);
  const needed = new Set(all.filter((item) => !going.has(item)).flatMap(({ blobs }) => [...blobs.keys()]));
  const freed = new Map(gone.flatMap(({ blobs }) => [...blobs]).filter(([digest]) => !needed.has(digest)));
  return {
    images: gone.filter(({ kind }) => kind === "image").length,
    packs: gone.filter(({ kind }) => kind === "pack").length,
    bytes: [...freed.values()].reduce((sum, size) => sum + size, 0),
  };
}
