// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ByteBudget } from "../../byte-budget.ts";
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import { tarSizeOf } from "../../remote/format/pack.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { readLayer } from "../../remote/format/read-layer.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import { unpackLayer } from "../../remote/format/unpack-layer.ts";
import type { DigestedBytes, StagedFile, UnitStore } from "../../store/store.ts";
import { type Digest, digestOf } from "../../unit/digest.ts";
import type { OutputFile } from "../../unit/record.ts";
import type { LayerSource } from "./layers-ahead.ts";

export type LayerStore = Pick<UnitStore, "stageStream" | "adopt" | "adoptBytes" | "discard">;

/** How files of a layer get into the store. */
export interface LayerWay {
  readonly store: LayerStore;
  /** Of all layers that are on their way. */
  readonly budget: ByteBudget;
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** A layer that has no more than this, compressed and not, is unpacked in memory. */
const IN_MEMORY = 96 * 1024 * 1024; // 96 MiB
/** Of others so much is kept in memory until the layer is known to be right, and nothing of files beyond a part of that. */
const KEPT = 32 * 1024 * 1024; // 32 MiB
const SMALL = 8 * 1024 * 1024; // 8 MiB

/** What is expected of a layer. */
interface Wanted {
  /** What it is called in errors. */
  readonly what: string;
  /** Bytes. */
  readonly tarSize: number;
  readonly files: ReadonlyMap<string, OutputFile>;
}

/**
 * Puts the files of some units, all of which are in one layer, into the store, and nothing before all of the layer is
 * what its digest says, and each file what its record says. Throws as the remote and the store do, and "corrupt".
 */
export async function takeLayer(
  remote: LayerSource,
  layer: Descriptor,
  units: readonly PackedUnit[],
  way: LayerWay,
): Promise<void> {
  const what = `The layer ${layer.digest.slice(0, 19)} of "${remote.name}"`;
  const files = new Map(
    units.flatMap(({ record }) => record.outputs.map((output) => [layerPath(record, output), output])),
  );
  const wanted = { what, tarSize: tarSizeOf(layer), files };
  const content = () => counted(remote.blob(layer, { signal: way.signal }), way.onBytes);
  const whole = layer.size + wanted.tarSize;
  const isSmall = whole <= IN_MEMORY;
  await way.budget(isSmall ? whole : KEPT, async () =>
    isSmall
      ? takeWhole(await gathered(content(), layer.size), wanted, way.store)
      : takeStreamed(content(), wanted, way.store),
  );
}

async function takeWhole(compressed: Buffer, wanted: Wanted, store: LayerStore): Promise<void> {
  await unpackLayer(compressed, wanted.files, wanted, (files) =>
    store.adoptBytes([...files, ...emptyOnes(wanted)]),
  );
}

async function takeStreamed(
  content: AsyncIterable<Uint8Array>,
  wanted: Wanted,
  store: LayerStore,
): Promise<void> {
  const small: DigestedBytes[] = [];
  const staged: { readonly file: StagedFile; readonly digest: Digest }[] = [];
  let kept = 0;
  try {
    await readLayer(content, wanted.files, wanted, async (path, bytes) => {
      const output = wanted.files.get(path);
      if (output === undefined) return;
      if (output.size > SMALL || kept + output.size > KEPT) {
        staged.push({ file: await store.stageStream(bytes, output.executable), digest: output.digest });
        return;
      }
      kept += output.size;
      const whole = await gathered(bytes, output.size);
      if (digestOf(whole) !== output.digest) throw otherBytes(path, wanted);
      small.push({ digest: output.digest, bytes: whole });
    });
    store.adoptBytes([...small, ...emptyOnes(wanted)]);
    for (let next = staged.shift(); next !== undefined; next = staged.shift()) {
      const { file, digest } = next;
      const adopted = await store.adopt(file);
      if (adopted.digest !== digest) throw otherBytes(file.path, wanted);
    }
  } finally {
    await store.discard(staged.map(({ file }) => file));
  }
}

function otherBytes(path: string, { what }: Wanted): GreenError {
  return new GreenError("corrupt", `${what} has other bytes in "${path}"`);
}

/** An empty directory's content is that of an empty file, whose bytes no archive has. */
function emptyOnes({ files }: Wanted): readonly DigestedBytes[] {
  return [...files.values()].some(({ path }) => path.endsWith("/")) ? [EMPTY] : [];
}

const EMPTY: DigestedBytes = { digest: digestOf(""), bytes: new Uint8Array() };

/** All bytes as one piece; there are as many as is said. */
async function gathered(content: AsyncIterable<Uint8Array>, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for await (const piece of content) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  onBytes: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}
