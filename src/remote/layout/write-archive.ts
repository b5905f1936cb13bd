// SPDX-License-Identifier: MIT OR Apache-2.0

import { type Digest, isSha256 } from "../../unit/digest.ts";
import { toOci } from "../descriptor.ts";
import { formatTarHeader, TAR_BLOCK, tarPadding } from "../tar-header.ts";
import { blobName, INDEX_FILE, LAYOUT_VERSION, VERSION_FILE } from "./layout-files.ts";
import { formatIndex, type LayoutIndex } from "./layout-index.ts";
import type { LayoutReader } from "./layout-reader.ts";

/** A blob that is to be in an archive. */
export interface ArchivedBlob {
  /** As hex. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * A layout as a tar file, the same bytes for the same content. Blobs are verified on their way.
 * @param blobs in any order
 */
export async function* archiveOf(
  reader: LayoutReader,
  index: LayoutIndex,
  blobs: readonly ArchivedBlob[],
): AsyncGenerator<Uint8Array, void, undefined> {
  yield formatTarHeader({ name: "blobs/", size: 0, type: "5" });
  yield formatTarHeader({ name: "blobs/sha256/", size: 0, type: "5" });
  for (const { digest, size } of blobs.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))) {
    if (!isSha256(digest)) continue;
    const oci = toOci(digest as Digest);
    yield formatTarHeader({ name: blobName(oci), size, type: "0" });
    yield* reader.blob({ mediaType: "application/octet-stream", digest: oci, size });
    yield Buffer.alloc(tarPadding(size));
  }
  yield* smallFile(INDEX_FILE, formatIndex(index));
  yield* smallFile(VERSION_FILE, Buffer.from(JSON.stringify({ imageLayoutVersion: LAYOUT_VERSION })));
  yield Buffer.alloc(2 * TAR_BLOCK); // the end
}

function* smallFile(name: string, bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  yield formatTarHeader({ name, size: bytes.byteLength, type: "0" });
  yield bytes;
  yield Buffer.alloc(tarPadding(bytes.byteLength));
}
