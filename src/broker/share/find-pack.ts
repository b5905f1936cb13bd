// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Descriptor, OciDigest } from "../../remote/descriptor.ts";
import { type PackManifest, partTag, readPackManifest } from "../../remote/format/pack.ts";
import { decodePackConfig, type PackedUnit } from "../../remote/format/pack-config.ts";
import { likeness } from "../../remote/format/sketch.ts";
import { type PackScope, packPrefix, parsePackTag } from "../../remote/format/tag.ts";
import type { ManifestOptions, Remote, RequestOptions, StoredManifest } from "../../remote/remote.ts";

/** One part of a pack: its units, and the layers that hold their files. */
export interface FoundPack {
  readonly tag: string;
  /** Of its manifest. */
  readonly digest: OciDigest;
  readonly units: readonly PackedUnit[];
  readonly layers: readonly Descriptor[];
}

/** Packs of a scope that are looked at, the newest toolchains' and projects' of a whole company among them. */
const MAX_TAGS = 5000;
/** A pack that has less than this part of its packages in common is not worth its config. */
const LEAST_LIKENESS = 0.1;

export interface ReadPackOptions extends ManifestOptions {
  /** Told of the layers of each part as soon as they are known: before its units are. */
  readonly onLayers?: ((layers: readonly Descriptor[]) => void) | undefined;
}

/** The parts of the pack behind a tag, all but the first in parallel; none if there is no such pack. Throws as the remote does, and "corrupt". */
export async function readPack(
  remote: Remote,
  tag: string,
  options: ReadPackOptions = {},
): Promise<readonly FoundPack[]> {
  const first = await readPart(remote, tag, options);
  if (first === undefined) return [];
  const others = await Promise.all(
    Array.from({ length: first.manifest.parts - 1 }, (_, at) =>
      readPart(remote, partTag(tag, at + 2), options),
    ),
  );
  return [first, ...others.filter((part) => part !== undefined)].map(({ found }) => found);
}

async function readPart(
  remote: Remote,
  tag: string,
  options: ReadPackOptions,
): Promise<{ readonly manifest: PackManifest; readonly found: FoundPack } | undefined> {
  const stored = await remote.manifest(tag, options);
  if (stored === undefined) return undefined;
  const manifest = readPackManifest(stored, whatPack(remote, tag));
  const found = readPackPart(remote, tag, stored, options); // which goes first, over the connection that is there
  options.onLayers?.(manifest.layers);
  return { manifest, found: await found };
}

/** One part of a pack, whose manifest is at hand. Throws as the remote does, and "corrupt". */
export async function readPackPart(
  remote: Remote,
  tag: string,
  stored: StoredManifest,
  options: RequestOptions,
): Promise<FoundPack> {
  const what = whatPack(remote, tag);
  const { config, layers } = readPackManifest(stored, what);
  const chunks: Uint8Array[] = [];
  for await (const chunk of remote.blob(config, options)) chunks.push(chunk);
  const units = decodePackConfig(Buffer.concat(chunks), layers.length, what);
  return { tag, digest: stored.descriptor.digest, units, layers };
}

function whatPack({ name }: Remote, tag: string): string {
  return `The pack "${tag}" of "${name}"`;
}

/** The tag of the pack that has most packages in common with a sketch; undefined if none has many. */
export async function nearestPack(
  remote: Remote,
  scope: PackScope,
  sketch: string,
  options: RequestOptions = {},
): Promise<string | undefined> {
  const prefix = packPrefix(scope);
  let best: { readonly tag: string; readonly score: number } | undefined;
  let seen = 0;
  for await (const tag of remote.tags({ ...options, after: prefix })) {
    if (!tag.startsWith(prefix) || seen++ > MAX_TAGS) break;
    const parsed = parsePackTag(tag, scope);
    const score = parsed === undefined ? 0 : likeness(sketch, parsed.sketch);
    if (score >= LEAST_LIKENESS && score > (best?.score ?? 0)) best = { tag, score };
  }
  return best?.tag;
}

/** The pack of a name, or else the nearest one; none if there is neither. Throws as `readPack` does. */
export async function findPack(
  remote: Remote,
  scope: PackScope,
  { tag, sketch }: { readonly tag: string; readonly sketch: string },
  options: RequestOptions = {},
): Promise<readonly FoundPack[]> {
  const exact = await readPack(remote, tag, options);
  if (exact.length > 0) return exact;
  const near = await nearestPack(remote, scope, sketch, options);
  return near === undefined ? [] : readPack(remote, near, options);
}
