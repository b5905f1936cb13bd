// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * 4 MiB, the smallest limit that the distribution specification lets registries have, and the largest manifest that we
 * read: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
