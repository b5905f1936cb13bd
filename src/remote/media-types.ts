// SPDX-License-Identifier: MIT OR Apache-2.0

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md */
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const OCI_IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";
export const OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
/** What a copy by docker or skopeo may turn ours into. */
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

/** `artifactType` of a unit that is an image. */
export const UNIT_ARTIFACT = "application/vnd.cargo-green.unit.v1";
/** `artifactType` of a pack. */
export const PACK_ARTIFACT = "application/vnd.cargo-green.pack.v1";
/** A pack's config: the records of its units, as one zstd frame. */
export const PACK_CONFIG = "application/vnd.cargo-green.pack.config.v1+json+zstd";

/** What a cache that BuildKit exported is made of: `cache/remotecache/v1/types` of BuildKit 0.25. */
export const BUILDKIT_CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0";
