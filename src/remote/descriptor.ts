// SPDX-License-Identifier: MIT OR Apache-2.0
import { type Digest, isSha256 } from "../unit/digest.ts";

/** `sha256:<64 hex digits>`, as OCI writes a digest. */
export type OciDigest = `sha256:${string}`;

/** How OCI points to content: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: OciDigest;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A digest of ours in OCI's form. */
export function toOci(digest: Digest): OciDigest {
  return `sha256:${digest}`;
}

/** The other way round; undefined for another algorithm, or what is no digest. */
export function fromOci(text: string): Digest | undefined {
  const hex = text.startsWith("sha256:") ? text.slice("sha256:".length) : "";
  return isSha256(hex) ? (hex as Digest) : undefined;
}

/** True if a text names content rather than a tag. */
export function isOciDigest(text: string): text is OciDigest {
  return fromOci(text) !== undefined;
}
