// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest } from "../unit/digest.ts";

/** Hex text as the bytes that the index holds. */
export function toBlob(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

/** A blob of the index as lower-case hex; `T` says which of the branded digests the column holds. */
export function toHex<T extends string = Digest>(blob: Uint8Array): T {
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString("hex") as T;
}
