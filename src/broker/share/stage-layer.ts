// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { GreenError } from "../../error.ts";
import { freeMemory } from "../../free-memory.ts";
import { ArrivingBytes, gather } from "../../remote/format/arriving-bytes.ts";
import { type LayerLimits, readLayer } from "../../remote/format/read-layer.ts";
import { unpackLayer } from "../../remote/format/unpack-layer.ts";
import { fromFileSystem } from "../../store/fs-error.ts";
import type { DigestedFile } from "../../store/store.ts";

/** A file of a layer: what it is known to be, and where it is to be staged. */
export interface FileToStage extends DigestedFile {
  /** In the layer; a directory's ends in `/`. */
  readonly name: string;
}

/** What is wanted of a layer. Plain data, so that other threads can be told. */
export interface LayerToStage extends LayerLimits {
  readonly files: readonly FileToStage[];
}

/**
 * Stages files of a layer that has `size` bytes, compressed, and fits into memory. Throws as what comes does, "corrupt" if
 * a file is not what it is known to be, and as writing does: then some may be staged.
 */
export type StageLayer = (
  content: AsyncIterable<Uint8Array>,
  size: number,
  layer: LayerToStage,
) => Promise<void>;

/** As staged files are made; an empty directory's content is that of an empty file. */
const NEW = { flag: "wx", mode: 0o600 };

/** Does it here. */
export const stageLayer: StageLayer = async (content, size, layer) => {
  const arriving = new ArrivingBytes(Buffer.allocUnsafeSlow(size));
  const staged = stageArriving(arriving, layer);
  staged.catch(() => {}); // heard of when all has come
  try {
    await gather(content, arriving.memory, (count) => arriving.arrive(count));
    await staged;
  } catch (thrown) {
    arriving.fail(thrown);
    await staged.catch(() => {});
    throw thrown;
  } finally {
    freeMemory(arriving.memory);
  }
};

/** Stages files while their layer comes. */
export async function stageArriving(compressed: ArrivingBytes, layer: LayerToStage): Promise<void> {
  const expected = byName(layer);
  await unpackLayer(compressed, expected, layer, ({ path: name, bytes }) =>
    stageBytes(expected.get(name), bytes),
  );
  stageDirectories(layer);
}

/** The same of a layer of any size, as it comes. Throws as its source does, too. */
export async function stageStream(content: AsyncIterable<Uint8Array>, layer: LayerToStage): Promise<void> {
  const expected = byName(layer);
  await readLayer(content, expected, layer, async (name, bytes) => {
    const file = expected.get(name);
    if (file === undefined) return;
    const hash = createHash("sha256");
    const hashed = async function* () {
      for await (const piece of bytes) {
        hash.update(piece);
        yield piece;
      }
    };
    await writeFile(file.path, hashed(), NEW).catch(failed);
    if (hash.digest("hex") !== file.digest)
      throw new GreenError("corrupt", `${layer.what} has other bytes in "${name}"`);
  });
  stageDirectories(layer);
}

function byName({ files }: LayerToStage): ReadonlyMap<string, FileToStage> {
  return new Map(files.map((file) => [file.name, file]));
}

/** No archive has bytes of them. */
function stageDirectories({ files }: LayerToStage): void {
  for (const file of files) if (file.name.endsWith("/")) stageBytes(file, Buffer.alloc(0));
}

function stageBytes(file: FileToStage | undefined, bytes: Buffer): void {
  try {
    if (file !== undefined) writeFileSync(file.path, bytes, NEW);
  } catch (thrown) {
    failed(thrown);
  }
}

function failed(thrown: unknown): never {
  throw fromFileSystem(thrown, "Cannot write into the store");
}
