// SPDX-License-Identifier: MIT OR Apache-2.0

/** Registries document no smaller limit, and one that is over it refuses it: nor do we read a larger one. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024; // 4 MiB
/** A pack's manifest stays well below that: a layer takes about 250 bytes. */
export const MAX_LAYERS = 2000;
/** A pack's config, compressed: some hundred bytes a unit. */
export const MAX_CONFIG_BYTES = 64 * 1024 * 1024; // 64 MiB
/** The same, as JSON: some 10 kB a unit. */
export const MAX_CONFIG_JSON = 128 * 1024 * 1024; // 128 MiB
/** The largest file that a compiler ever left us is far below this. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024 * 1024; // 4 GiB
/** A layer's tar, where its descriptor does not say how large that is: a copy may have lost what ours says. */
export const MAX_TAR_BYTES = 16 * 1024 * 1024 * 1024; // 16 GiB
/** No compiler's output is compressed to less than a thousandth; beyond so many bytes that is a bomb. */
export const MOST_RATIO = 1000;
export const MOST_ANYWAY = 64 * 1024 * 1024; // 64 MiB
/** Entries of one layer. */
export const MAX_ENTRIES = 100_000;
/** What zstd gives at once: zlib's own 16 KiB cost a call each. */
export const ZSTD_CHUNK = 1024 * 1024; // 1 MiB
