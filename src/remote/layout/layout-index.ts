// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../descriptor.ts";
import { isObject, parseDescriptor } from "../manifest-links.ts";
import { OCI_INDEX } from "../media-types.ts";
import { isTag } from "../reference.ts";

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys */
export const REF_NAME = "org.opencontainers.image.ref.name";

/** What `index.json` lists: a manifest once for each of its tags, or once if it has none. */
export interface LayoutIndex {
  readonly entries: readonly IndexEntry[];
  /** Its other fields, which others wrote. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface IndexEntry {
  /** As it stands there, with what only others understand. */
  readonly json: unknown;
  /** Undefined if it is no descriptor with sha256. */
  readonly descriptor: Descriptor | undefined;
  /** Undefined if there is none, or one that is no tag, as other programs write them. */
  readonly tag: string | undefined;
}

export const EMPTY_INDEX: LayoutIndex = { entries: [], rest: { schemaVersion: 2, mediaType: OCI_INDEX } };

/** @throws GreenError "corrupt" if it is no index */
export function parseIndex(bytes: Uint8Array, side: string): LayoutIndex {
  const document = parseJson(bytes);
  if (!isObject(document) || !Array.isArray(document["manifests"])) {
    throw new GreenError("corrupt", "The layout's index.json is not what the specification says", { side });
  }
  const { manifests, ...rest } = document;
  return { entries: (manifests as readonly unknown[]).map(entryOf), rest };
}

/** The same index is always the same bytes, whatever order things came in. */
export function formatIndex({ entries, rest }: LayoutIndex): Uint8Array {
  const sorted = entries
    .map(({ json, tag = "", descriptor }) => ({ json, order: `${tag}\0${descriptor?.digest ?? ""}` }))
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  return Buffer.from(JSON.stringify({ ...rest, manifests: sorted.map(({ json }) => json) }));
}

/** The entry that a tag or digest names. */
export function findEntry({ entries }: LayoutIndex, reference: string): IndexEntry | undefined {
  return entries.find(({ tag, descriptor }) =>
    isTag(reference) ? tag === reference : descriptor?.digest === reference,
  );
}

/** Lists a manifest, under a tag if one is given, which may have been another's. */
export function withManifest(index: LayoutIndex, manifest: Descriptor, tag: string | undefined): LayoutIndex {
  const before = tag === undefined ? undefined : findEntry(index, tag)?.descriptor;
  if (tag === undefined ? findEntry(index, manifest.digest) : before?.digest === manifest.digest)
    return index;
  const kept = index.entries.filter(
    (entry) =>
      (tag === undefined || entry.tag !== tag) &&
      // What has a tag needs no entry without.
      !(entry.descriptor?.digest === manifest.digest && isBare(entry)),
  );
  const without = { ...index, entries: kept };
  // A manifest that loses its last tag stays, until somebody removes it.
  const orphan = before !== undefined && findEntry(without, before.digest) === undefined ? [before] : [];
  const entries = [...kept, ...orphan.map((each) => newEntry(each, undefined)), newEntry(manifest, tag)];
  return { ...index, entries };
}

/** Lists a manifest no more, whatever tags it had. */
export function withoutManifest(index: LayoutIndex, digest: string): LayoutIndex {
  return { ...index, entries: index.entries.filter(({ descriptor }) => descriptor?.digest !== digest) };
}

function isBare({ json }: IndexEntry): boolean {
  const annotations = isObject(json) ? json["annotations"] : undefined;
  return !isObject(annotations) || annotations[REF_NAME] === undefined;
}

function newEntry(
  { mediaType, digest, size, artifactType }: Descriptor,
  tag: string | undefined,
): IndexEntry {
  const annotations = tag === undefined ? {} : { annotations: { [REF_NAME]: tag } };
  const json = {
    ...{ mediaType, digest, size },
    ...(artifactType === undefined ? {} : { artifactType }),
    ...annotations,
  };
  return { json, descriptor: json, tag };
}

function entryOf(json: unknown): IndexEntry {
  const annotations = isObject(json) ? json["annotations"] : undefined;
  const name = isObject(annotations) ? annotations[REF_NAME] : undefined;
  return {
    json,
    descriptor: parseDescriptor(json),
    tag: typeof name === "string" && isTag(name) ? name : undefined,
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
