// SPDX-License-Identifier: MIT OR Apache-2.0
import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { Descriptor } from "../../remote/descriptor.ts";
import type { ExpectedFile } from "../../remote/format/layer-check.ts";
import { tarSizeOf } from "../../remote/format/pack.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { readLayer } from "../../remote/format/read-layer.ts";
import type { LayerFile } from "../../remote/format/segment.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import type { Remote, RemoteReader } from "../../remote/remote.ts";
import type { PushOptions } from "../share/push-options.ts";
import { type PushingStore, sendFiles } from "../share/send-layers.ts";

/** Where the bytes of a layer's file are in the scratch file. */
interface Slice {
  readonly start: number;
  readonly size: number;
}

/**
 * Makes layers of some of the units of another layer, and sends them: so that bytes which are to be elsewhere, or
 * nowhere, do not stay in it.
 *
 * @param groups units that each new layer is to hold
 * @param from where the layer is, if not in the same remote
 */
export async function repackLayer(
  layer: Descriptor,
  groups: readonly (readonly Pick<PackedUnit, "record">[])[],
  { from, to }: { readonly from: Pick<RemoteReader, "blob"> & Pick<Remote, "name">; readonly to: Remote },
  store: Pick<PushingStore, "scratchPath">,
  options: PushOptions = {},
): Promise<readonly Descriptor[]> {
  const path = store.scratchPath();
  const scratch = await open(path, "wx");
  try {
    const slices = await unpack(layer, groups.flat(), from, scratch, options);
    const made: Descriptor[] = [];
    for (const group of groups) {
      const units = group.map(({ record }) =>
        record.outputs.map((output): LayerFile => {
          const { size, executable } = output;
          const at = layerPath(record, output);
          return { path: at, size, executable, open: () => bytesOf(path, slices.get(at)) };
        }),
      );
      made.push(await sendFiles(units, to, store, options));
    }
    return made;
  } finally {
    await scratch.close();
    await rm(path, { force: true });
  }
}

/** Writes the units' files one behind the other; returns where each is. */
async function unpack(
  layer: Descriptor,
  units: readonly Pick<PackedUnit, "record">[],
  from: Pick<RemoteReader, "blob"> & Pick<Remote, "name">,
  scratch: FileHandle,
  { signal }: PushOptions,
): Promise<ReadonlyMap<string, Slice>> {
  const expected = new Map<string, ExpectedFile>();
  for (const { record } of units) {
    for (const output of record.outputs) expected.set(layerPath(record, output), output);
  }
  const what = `The layer ${layer.digest.slice(0, 19)} of "${from.name}"`;
  const slices = new Map<string, Slice>();
  let end = 0;
  const limits = { what, tarSize: tarSizeOf(layer) };
  await readLayer(from.blob(layer, { signal }), expected, limits, async (path, content) => {
    const start = end;
    for await (const chunk of content) {
      await scratch.writeFile(chunk);
      end += chunk.length;
    }
    slices.set(path, { start, size: end - start });
  });
  return slices;
}

async function* bytesOf(path: string, slice: Slice | undefined): AsyncGenerator<Uint8Array> {
  if (slice === undefined || slice.size === 0) return;
  yield* createReadStream(path, { start: slice.start, end: slice.start + slice.size - 1 });
}
