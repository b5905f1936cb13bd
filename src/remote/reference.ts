// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import { isOciDigest } from "./descriptor.ts";

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** True if a text may be a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * Returns a tag or digest as it is; throws "usage" for anything else. References become parts of URLs, keys and paths,
 * and some of them were written by others.
 */
export function checkedReference(text: string, side: string): string {
  if (isTag(text) || isOciDigest(text)) return text;
  throw new GreenError("usage", `${JSON.stringify(text.slice(0, 128))} is neither a tag nor a digest`, {
    side,
  });
}
