// SPDX-License-Identifier: MIT OR Apache-2.0
import { atOnce } from "../../at-once.ts";
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import { tarSizeOf } from "../../remote/format/pack.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { readLayer } from "../../remote/format/read-layer.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import type { DigestedBytes, StagedFile, UnitStore } from "../../store/store.ts";
import { type Digest, digestOf } from "../../unit/digest.ts";
import type { OutputFile } from "../../unit/record.ts";
import { joined } from "./joined.ts";
import type { LayerSource } from "./layers-ahead.ts";
import { mergeEntry } from "./merge-entry.ts";

/** Units whose layers are in one remote. */
export interface RemoteUnits {
  readonly remote: LayerSource;
  readonly layers: readonly Descriptor[];
  /** Those that are wanted, in any order. */
  readonly wanted: readonly PackedUnit[];
}

export type TakingStore = Pick<
  UnitStore,
  | "present"
  | "stageStream"
  | "adopt"
  | "adoptBytes"
  | "discard"
  | "putAll"
  | "replays"
  | "putReplay"
  | "flush"
>;

export interface TakeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes as they arrive. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Told how many bytes more are to arrive than was said before. */
  readonly onExpected?: ((bytes: number) => void) | undefined;
}

/** Layers that are fetched at once. */
const CONCURRENCY = 6;
/** So many bytes are held at once: of layers that are unpacked in memory, and of files of those that are not. */
const HELD = 128 * 1024 * 1024; // 128 MiB
/** A file up to here is kept in memory until its layer is known to be right. */
const SMALL = 8 * 1024 * 1024; // 8 MiB

/**
 * Brings units from a remote into the store: layers in parallel, each unpacked as it arrives, and nothing of it kept
 * before all of it is what its digest says. Units of a layer that cannot be had are left out; the first error is
 * thrown when all others are in, or as soon as the remote is found to answer no more.
 */
export async function takeUnits(
  units: RemoteUnits,
  store: TakingStore,
  options: TakeOptions = {},
): Promise<readonly PackedUnit[]> {
  const digests = units.wanted.flatMap(({ record }) => record.outputs.map(({ digest }) => digest));
  const there = store.present([...new Set(digests)]);
  const isHere = ({ record }: PackedUnit) => record.outputs.every(({ digest }) => there.has(digest));
  const lacking = units.wanted.filter((unit) => !isHere(unit));
  const layers = largestFirst(new Set(lacking.flatMap(({ layer }) => layer ?? [])), units.layers);
  options.onExpected?.(layers.reduce((sum, at) => sum + (units.layers[at]?.size ?? 0), 0));
  const taken = units.wanted.filter(isHere);
  keepRecords(taken, store);
  const failures: unknown[] = [];
  const held = { bytes: 0 };
  let isOver = false;
  await atOnce(CONCURRENCY, layers, async (layer) => {
    if (isOver) return;
    try {
      await takeLayer(units, layer, store, held, options);
      const came = lacking.filter((unit) => unit.layer === layer);
      keepRecords(came, store);
      taken.push(...came);
    } catch (thrown) {
      failures.push(thrown);
      isOver ||= options.signal?.aborted === true || isOff(thrown);
    }
  });
  store.flush();
  if (failures.length > 0) throw failures[0];
  return taken;
}

/** What takes longest begins first. */
function largestFirst(wanted: Iterable<number>, layers: readonly Descriptor[]): readonly number[] {
  const size = (at: number) => layers[at]?.size ?? 0;
  return [...wanted].sort((a, b) => size(b) - size(a));
}

/** True if the next layer would be asked for in vain. */
function isOff(thrown: unknown): boolean {
  return thrown instanceof GreenError && (thrown.code === "unreachable" || thrown.code === "denied");
}

/** All files of one layer go into the store; those of units that are not wanted are dropped. */
async function takeLayer(
  { remote, layers, wanted }: RemoteUnits,
  at: number,
  store: TakingStore,
  held: { bytes: number },
  { signal, onBytes }: TakeOptions,
): Promise<void> {
  const layer = layers[at];
  if (layer === undefined) throw new GreenError("internal", `There is no layer ${at}`);
  const what = `The layer ${layer.digest.slice(0, 19)} of "${remote.name}"`;
  const keep = new Map<string, OutputFile>();
  for (const { record } of wanted.filter((unit) => unit.layer === at)) {
    for (const output of record.outputs) keep.set(layerPath(record, output), output);
  }
  const tarSize = tarSizeOf(layer);
  const inMemory = held.bytes + tarSize <= HELD;
  let mine = inMemory ? tarSize : 0;
  held.bytes += mine;
  const small: DigestedBytes[] = [];
  const staged: { readonly file: StagedFile; readonly digest: Digest }[] = [];
  const wrong = (path: string) => new GreenError("corrupt", `${what} has other bytes in "${path}"`);
  try {
    await readLayer(
      counted(remote.blob(layer, { signal }), onBytes),
      keep,
      { what, tarSize, inMemory },
      async (path, content) => {
        const output = keep.get(path);
        if (output === undefined) return;
        if (!inMemory) {
          if (output.size > SMALL || held.bytes + output.size > HELD) {
            staged.push({ file: await store.stageStream(content, output.executable), digest: output.digest });
            return;
          }
          held.bytes += output.size;
          mine += output.size;
        }
        const bytes = await collect(content, output.size);
        if (digestOf(bytes) !== output.digest) throw wrong(path);
        small.push({ digest: output.digest, bytes });
      },
    );
    // An empty directory's content is that of an empty file, whose bytes no archive has.
    if ([...keep.values()].some(({ path }) => path.endsWith("/"))) small.push(EMPTY);
    store.adoptBytes(small);
    for (let next = staged.shift(); next !== undefined; next = staged.shift()) {
      const { file, digest } = next;
      const adopted = await store.adopt(file);
      if (adopted.digest !== digest) throw wrong(file.path);
    }
  } finally {
    held.bytes -= mine;
    await store.discard(staged.map(({ file }) => file));
  }
}

const EMPTY: DigestedBytes = { digest: digestOf(""), bytes: new Uint8Array() };

function keepRecords(units: readonly PackedUnit[], store: TakingStore): void {
  if (units.length === 0) return;
  store.putAll(units.map(({ record }) => record));
  const known = store.replays(units.flatMap(({ replays }) => replays.map(({ plan }) => plan)));
  for (const { record, replays } of units) {
    for (const { plan, entry } of replays) {
      const here = known.get(plan)?.find(({ instance }) => instance === record.instance);
      const merged = mergeEntry(here?.entry, entry, record);
      if (merged !== undefined) store.putReplay(plan, { instance: record.instance, entry: merged });
    }
  }
}

async function collect(content: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return joined(pieces, size);
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
