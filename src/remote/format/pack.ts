// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../descriptor.ts";
import { PACK_ARTIFACT, PACK_CONFIG } from "../media-types.ts";
import type { StoredManifest } from "../remote.ts";
import { type AnnotatedScope, type PackPart, packAnnotations, partsOf, TAR_SIZE } from "./annotations.ts";
import { MAX_CONFIG_BYTES, MAX_TAR_BYTES, MOST_ANYWAY, MOST_RATIO } from "./limits.ts";
import { decodeManifest, describe, encodeManifest } from "./manifest.ts";
import { encodePackConfig, type PackedUnit } from "./pack-config.ts";

/** A pack, or a part of one: everything but the bytes of its layers. */
export interface Pack {
  readonly manifest: Buffer;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Buffer };
}

/** One manifest and one config for units whose files are in `layers`. */
export function makePack(
  scope: AnnotatedScope,
  id: string,
  units: readonly PackedUnit[],
  layers: readonly Descriptor[],
  part: PackPart,
): Pack {
  const bytes = encodePackConfig(units);
  const config = describe(PACK_CONFIG, bytes);
  const annotations = packAnnotations(
    scope,
    id,
    units.map(({ record }) => record),
    part,
  );
  const manifest = encodeManifest({ artifactType: PACK_ARTIFACT, config, layers, annotations });
  return { manifest, config: { descriptor: config, bytes } };
}

/** Bytes that a layer's tar has by its descriptor, or may have where that does not say, or says what cannot be. */
export function tarSizeOf({ annotations, size }: Descriptor): number {
  const text = annotations?.[TAR_SIZE] ?? "";
  const stated = /^\d{1,15}$/.test(text) ? Number(text) : MAX_TAR_BYTES;
  return Math.min(stated, MAX_TAR_BYTES, Math.max(MOST_ANYWAY, size * MOST_RATIO));
}

/** What a tag of a pack leads to. */
export interface PackManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** In how many parts the pack is; the others have tags of their own. */
  readonly parts: number;
}

/** Reads a pack's manifest. Throws GreenError "corrupt" with `what` in it. */
export function readPackManifest({ bytes }: StoredManifest, what: string): PackManifest {
  const { artifactType, config, layers, annotations } = decodeManifest(bytes, what);
  // A copy may have lost the artifact type: the config's says as much.
  if (config.mediaType !== PACK_CONFIG && artifactType !== PACK_ARTIFACT)
    throw new GreenError("corrupt", `${what} is no pack of cargo-green's`);
  if (config.size > MAX_CONFIG_BYTES) throw new GreenError("corrupt", `${what} has too large a config`);
  return { config, layers, parts: partsOf(annotations) };
}

/** The tag of a part: the first has the pack's own. */
export function partTag(tag: string, number: number): string {
  return number === 1 ? tag : `${tag}.p${number}`;
}
