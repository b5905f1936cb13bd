// SPDX-License-Identifier: MIT OR Apache-2.0
import type { OciDigest } from "../descriptor.ts";

/** The repository's name in the registry that a bucket looks like when it is served as it is. */
export const REPOSITORY = "cache";

/** Where things are in a bucket: `src/remote/s3/README.md` says why. */
export interface BucketKeys {
  /** What clients of registries ask first, to see whether there is one. */
  readonly ping: string;
  /** What the keys of all manifests begin with. */
  readonly manifests: string;
  /** @param reference a tag or a digest */
  manifest(reference: string): string;
  blob(digest: OciDigest): string;
  /** What the keys of the marks of a manifest begin with: one for each tag that was given to it. */
  marks(digest: OciDigest): string;
  mark(digest: OciDigest, tag: string): string;
}

/** @param prefix without slashes at its ends; may be empty */
export function bucketKeys(prefix: string): BucketKeys {
  const root = prefix === "" ? "" : `${prefix}/`;
  const repository = `${root}v2/${REPOSITORY}`;
  const manifests = `${repository}/manifests/`;
  const marks = (digest: OciDigest) => `${root}tags/${REPOSITORY}/${digest}/`;
  return {
    ping: `${root}v2/`,
    manifests,
    manifest: (reference) => `${manifests}${reference}`,
    blob: (digest) => `${repository}/blobs/${digest}`,
    marks,
    mark: (digest, tag) => `${marks(digest)}${tag}`,
  };
}
