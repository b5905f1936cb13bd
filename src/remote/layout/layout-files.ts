// SPDX-License-Identifier: MIT OR Apache-2.0

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md */
export const VERSION_FILE = "oci-layout";
export const INDEX_FILE = "index.json";
export const BLOBS = "blobs/sha256";
export const LAYOUT_VERSION = "1.0.0";

/** Some hundred thousand tags. */
export const MAX_INDEX_BYTES = 128 * 1024 * 1024; // 128 MiB

/** Read, hashed and handed on at once. */
export const PIECE_BYTES = 256 * 1024; // 256 KiB

/** The files of a layout, wherever they are: names are relative, with slashes. */
export interface LayoutFiles {
  /** Opens a file; undefined if it is not there. */
  open(name: string): Promise<LayoutFile | undefined>;
  /** Changes whenever a file of that name may have changed; undefined if it is not there. */
  stamp(name: string): Promise<string | undefined>;
}

/** An open file. */
export interface LayoutFile {
  /** Bytes. */
  readonly size: number;
  /** From the beginning; may be asked for once, and closes the file at its end. */
  pieces(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Where a blob is. */
export function blobName(digest: string): string {
  return `${BLOBS}/${digest.slice(digest.indexOf(":") + 1)}`;
}

/** All of a file; undefined if it is larger. */
export async function wholeFile(file: LayoutFile, limit: number): Promise<Uint8Array | undefined> {
  if (file.size > limit) {
    await file.close();
    return undefined;
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of file.pieces()) {
    size += piece.byteLength;
    if (size > limit) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
