// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { decodeManifest, type Manifest } from "../../remote/format/manifest.ts";
import { isIndexType } from "../../remote/manifest-links.ts";
import { PACK_ARTIFACT, PACK_CONFIG, UNIT_ARTIFACT } from "../../remote/media-types.ts";
import type { ManifestOptions, Remote, RemoteReader, StoredManifest } from "../../remote/remote.ts";
import { type FoundPack, readPackPart } from "../share/find-pack.ts";
import { readStoredUnit } from "../share/unit-images.ts";

/** What one tag leads to, if it is ours: an image of a unit, or a pack or a part of one. */
export interface Tagged {
  readonly tag: string;
  readonly kind: "image" | "pack";
  readonly stored: StoredManifest;
  readonly manifest: Manifest;
}

/** Reads what a tag leads to; undefined if that is nothing, or somebody else's. Throws as the remote does. */
export async function readTagged(
  remote: Pick<RemoteReader, "manifest"> & Pick<Remote, "name">,
  tag: string,
  options: ManifestOptions = {},
): Promise<Tagged | undefined> {
  const stored = await remote.manifest(tag, options);
  if (stored === undefined || isIndexType(stored.descriptor.mediaType)) return undefined;
  const manifest = ours(stored, `What "${tag}" of "${remote.name}" leads to`);
  if (manifest === undefined) return undefined;
  const kind = kindOf(manifest);
  return kind === undefined ? undefined : { tag, kind, stored, manifest };
}

function ours({ bytes }: StoredManifest, what: string): Manifest | undefined {
  try {
    return decodeManifest(bytes, what);
  } catch (thrown) {
    if (thrown instanceof GreenError && thrown.code === "corrupt") return undefined;
    throw thrown;
  }
}

/** What a manifest says that it is; undefined for what this program did not make. Names of tags prove nothing. */
function kindOf({ artifactType, config }: Manifest): Tagged["kind"] | undefined {
  if (artifactType === UNIT_ARTIFACT) return "image";
  // Older clients copy artifacts without their type.
  return artifactType === PACK_ARTIFACT || config.mediaType === PACK_CONFIG ? "pack" : undefined;
}

/** The records and layers behind a tag. Throws as the remote does, and "corrupt". */
export function readContent(
  remote: Remote,
  { tag, kind, stored }: Tagged,
  options: ManifestOptions = {},
): Promise<FoundPack> {
  return kind === "image"
    ? readStoredUnit(remote, tag, stored, options)
    : readPackPart(remote, tag, stored, options);
}
