// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { digestOf } from "../../unit/digest.ts";
import { type Descriptor, isOciDigest, toOci } from "../descriptor.ts";
import { OCI_MANIFEST } from "../media-types.ts";
import { MAX_LAYERS, MAX_MANIFEST_BYTES } from "./limits.ts";

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export interface Manifest {
  readonly artifactType: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** A manifest's bytes; equal manifests give equal bytes. */
export function encodeManifest({ artifactType, config, layers, annotations }: Manifest): Buffer {
  return Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config, layers, annotations }),
  );
}

/** Reads an image manifest, OCI's or docker's. Throws GreenError "corrupt" with `what` in it. */
export function decodeManifest(bytes: Uint8Array, what: string): Manifest {
  const refuse = (reason: string): never => {
    throw new GreenError("corrupt", `${what} ${reason}`);
  };
  if (bytes.length > MAX_MANIFEST_BYTES) refuse("is larger than 4 MiB");
  const value = parse(bytes);
  if (!isPlain(value) || value["schemaVersion"] !== 2) return refuse("is no image manifest");
  const { artifactType, config, layers, annotations } = value;
  if (!isDescriptor(config) || !Array.isArray(layers) || !layers.every(isDescriptor))
    return refuse("is no image manifest");
  if (layers.length > MAX_LAYERS) return refuse(`has more than ${MAX_LAYERS} layers`);
  return {
    artifactType: typeof artifactType === "string" ? artifactType : undefined,
    config,
    layers,
    annotations: isTextMap(annotations) ? annotations : {},
  };
}

/** How content in memory is pointed to. */
export function describe(
  mediaType: string,
  bytes: Uint8Array,
  annotations?: Readonly<Record<string, string>>,
): Descriptor {
  const at = { mediaType, digest: toOci(digestOf(bytes)), size: bytes.length };
  return annotations === undefined ? at : { ...at, annotations };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  if (!isPlain(value)) return false;
  const { mediaType, digest, size, annotations } = value;
  return (
    typeof mediaType === "string" &&
    typeof digest === "string" &&
    isOciDigest(digest) &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    (annotations === undefined || isTextMap(annotations))
  );
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isPlain(value) && Object.values(value).every((each) => typeof each === "string");
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
