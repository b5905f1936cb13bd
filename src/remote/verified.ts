// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { GreenError } from "../error.ts";
import type { Digest } from "../unit/digest.ts";
import { type Descriptor, toOci } from "./descriptor.ts";

/**
 * The pieces as they come, checked against a descriptor: throws "corrupt" as soon as there is too much, and at the end
 * if they are not the bytes that it names. What comes from elsewhere must not be used before the end.
 */
export async function* verified(
  pieces: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  side: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const sha256 = createHash("sha256");
  let seen = 0;
  for await (const piece of pieces) {
    seen += piece.byteLength;
    if (seen > size) throw notTheBytes(digest, `there are more than ${size} bytes`, side);
    sha256.update(piece);
    yield piece;
  }
  if (seen < size) throw notTheBytes(digest, `there are ${seen} bytes instead of ${size}`, side);
  const found = toOci(sha256.digest("hex") as Digest);
  if (found !== digest) throw notTheBytes(digest, `they are ${found}`, side);
}

function notTheBytes(digest: string, how: string, side: string): GreenError {
  return new GreenError("corrupt", `The bytes for ${digest} are others: ${how}`, { side });
}
