// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { type Descriptor, isOciDigest } from "./descriptor.ts";
import { DOCKER_LIST, OCI_INDEX } from "./media-types.ts";

/** What a manifest leads to. */
export interface ManifestLinks {
  /** Config and layers. */
  readonly blobs: readonly Descriptor[];
  /** Of an index, the manifests that it lists. */
  readonly manifests: readonly Descriptor[];
  readonly artifactType: string | undefined;
}

/** A descriptor as JSON has it; undefined if it is none, or names its content by another algorithm. */
export function parseDescriptor(value: unknown): Descriptor | undefined {
  if (!isObject(value)) return undefined;
  const { mediaType, digest, size, artifactType, annotations } = value;
  if (typeof mediaType !== "string" || typeof digest !== "string" || !isOciDigest(digest)) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  return {
    mediaType,
    digest,
    size,
    ...(typeof artifactType === "string" ? { artifactType } : {}),
    ...(isTexts(annotations) ? { annotations } : {}),
  };
}

/** True if what such a manifest lists are manifests. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

/**
 * What a manifest leads to, by the fields that images and indexes have.
 * @throws GreenError "corrupt" if it is no manifest, or names content by another algorithm than sha256
 */
export function manifestLinks(bytes: Uint8Array, side: string): ManifestLinks {
  const document = parseJson(bytes);
  if (!isObject(document)) throw noManifest(side);
  const { config, layers = [], manifests = [], artifactType } = document;
  if (!Array.isArray(layers) || !Array.isArray(manifests)) throw noManifest(side);
  const blobs = config === undefined ? layers : [config, ...layers];
  return {
    blobs: blobs.map((each) => known(each, side)),
    manifests: manifests.map((each) => known(each, side)),
    artifactType: typeof artifactType === "string" ? artifactType : undefined,
  };
}

function known(value: unknown, side: string): Descriptor {
  const descriptor = parseDescriptor(value);
  if (descriptor === undefined) throw noManifest(side);
  return descriptor;
}

function noManifest(side: string): GreenError {
  return new GreenError("corrupt", "A manifest is not what the specification says", { side });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((each) => typeof each === "string");
}
