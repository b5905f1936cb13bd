// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/**
 * 4 MiB, the smallest limit that the distribution specification lets registries have, and the largest manifest that we
 * read: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Throws "refused" for a manifest that is larger than anybody has to take. */
export function checkSendable(manifest: Uint8Array, side: string): void {
  const { byteLength } = manifest;
  if (byteLength <= MAX_MANIFEST_BYTES) return;
  throw new GreenError(
    "refused",
    `A manifest of ${byteLength} bytes is too large: ${MAX_MANIFEST_BYTES} are allowed`,
    { side },
  );
}
