// SPDX-License-Identifier: MIT OR Apache-2.0
import { freeMemory } from "../../free-memory.ts";
import { type Digest, digestOf } from "../../unit/digest.ts";
import type { ArrivingBytes } from "./arriving-bytes.ts";
import { arrivingFrames } from "./arriving-frames.ts";
import { decompressFrames } from "./decompress-frames.ts";
import { type ExpectedFile, LayerCheck, type LayerEntry } from "./layer-check.ts";
import type { LayerLimits } from "./read-layer.ts";
import { type TarEntry, tarEntries } from "./tar-entries.ts";

/** What a file is known to be. */
export interface KnownFile extends ExpectedFile {
  readonly digest: Digest;
}

/** A file that is what it is known to be. */
export interface UnpackedFile {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/**
 * Unpacks a layer that comes into memory as a whole, with the demands of `LayerCheck`: as `readLayer` does, in a fraction
 * of the time, since other threads decompress and nothing goes through streams. What is expected is digested, and told to
 * `take` while the rest still comes, so nothing is to be made of it before all has come and is what the layer's digest
 * says. The bytes are gone after `take`. Throws GreenError "corrupt" with `what` in it, as `take` does, and what the
 * bytes fail with.
 */
export async function unpackLayer(
  compressed: ArrivingBytes,
  expected: ReadonlyMap<string, KnownFile>,
  { what, tarSize }: LayerLimits,
  take: (file: UnpackedFile) => void,
): Promise<void> {
  const check = new LayerCheck(what, expected);
  const refuse = (reason: string) => check.refuse(reason);
  const held: Buffer[] = [];
  try {
    for await (const entry of tarEntries(told(compressed, tarSize, held, refuse), refuse)) {
      const { name: path, content: bytes } = entry;
      const digest = check.enter(asLayerEntry(entry))?.digest;
      if (digest === undefined) continue;
      if (digestOf(bytes) !== digest) check.refuse(`has other bytes in "${path}"`);
      take({ path, digest, bytes });
    }
    check.end();
  } finally {
    for (const each of held) freeMemory(each);
  }
}

const KINDS: ReadonlyMap<string, LayerEntry["kind"]> = new Map([
  ["0", "file"],
  ["5", "directory"],
]);

function asLayerEntry({ name, type, content }: TarEntry): LayerEntry {
  return { name, kind: KINDS.get(type) ?? "other", size: content.length };
}

async function* told(
  compressed: ArrivingBytes,
  tarSize: number,
  held: Buffer[],
  refuse: (reason: string) => never,
): AsyncGenerator<Buffer> {
  try {
    for await (const piece of decompressFrames(arrivingFrames(compressed), tarSize)) {
      held.push(piece);
      yield piece;
    }
  } catch (thrown) {
    if (thrown instanceof RangeError) refuse("is larger than it says");
    if (isOfZlib(thrown)) refuse(`is damaged: ${thrown.message}`);
    throw thrown;
  }
}

function isOfZlib(thrown: unknown): thrown is Error {
  return thrown instanceof Error && /^(?:ZSTD|Z)_/.test(String(Reflect.get(thrown, "code")));
}
