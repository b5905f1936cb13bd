// SPDX-License-Identifier: MIT OR Apache-2.0
import { rm } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { GreenError } from "../../error.ts";
import type { Segment } from "../../remote/format/layer.ts";
import {
  type LayerFile,
  SEGMENT_VERSION,
  type WrittenSegment,
  writeSegment,
} from "../../remote/format/segment.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import type { UnitStore } from "../../store/store.ts";
import { type Digest, digestOf } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";

export type SegmentStore = Pick<UnitStore, "open" | "scratchPath" | "adopt" | "derived" | "keepDerived">;

/** Read at once. */
const PIECE = 1024 * 1024; // 1 MiB

/** What is kept of a segment beside its bytes. */
interface SegmentNote extends Pick<WrittenSegment, "tarSize" | "diffId"> {
  /** Changes with all that the bytes depend on. */
  readonly of: Digest;
}

/**
 * A unit's files as layers have them. They are compressed once: what was made is kept in the store with the record.
 * Throws as reading and writing there do, and the signal's reason.
 */
export async function segmentOf(
  record: UnitRecord,
  store: SegmentStore,
  signal?: AbortSignal,
): Promise<Segment> {
  const { instance } = record;
  const of = sourceOf(record);
  const known = store.derived([instance]).get(instance);
  const note = known === undefined ? undefined : (JSON.parse(known.note) as SegmentNote);
  if (known !== undefined && note?.of === of && (await isSound(known.digest, store))) {
    return segmentAt(known, note, store);
  }
  const path = store.scratchPath();
  const { size, tarSize, diffId } = await writeSegment(filesOf(record, store), path, signal).catch(
    async (thrown: unknown) => {
      await rm(path, { force: true });
      throw thrown;
    },
  );
  const adopted = await store.adopt({ path, size, executable: false });
  const made: SegmentNote = { of, tarSize, diffId };
  store.keepDerived(instance, { ...adopted, note: JSON.stringify(made) });
  return segmentAt(adopted, made, store);
}

function segmentAt(
  { digest, size }: { readonly digest: Digest; readonly size: number },
  { tarSize, diffId }: SegmentNote,
  store: SegmentStore,
): Segment {
  return { size, tarSize, diffId, open: (offset) => contentOf(digest, store, offset) };
}

/** Another result of the same name may have other diagnostics or dep-info. */
function sourceOf(record: UnitRecord): Digest {
  const files = record.outputs.map((output) => [layerPath(record, output), output.digest, output.executable]);
  return digestOf(JSON.stringify([SEGMENT_VERSION, files]));
}

async function isSound(digest: Digest, store: SegmentStore): Promise<boolean> {
  try {
    (await store.open(digest)).close();
    return true;
  } catch (thrown) {
    const isLost = thrown instanceof GreenError && (thrown.code === "corrupt" || thrown.code === "not-found");
    if (!isLost) throw thrown;
    return false;
  }
}

function filesOf(record: UnitRecord, store: SegmentStore): readonly LayerFile[] {
  return record.outputs.map((output): LayerFile => {
    const { digest, size, executable } = output;
    const open = () => contentOf(digest, store);
    return { path: layerPath(record, output), size, executable, open };
  });
}

/**
 * Bytes of a stored file from an offset on, each piece in the place of the one before. Read at once, piece by piece:
 * streams take four times the processor.
 */
async function* contentOf(
  digest: Digest,
  { open }: Pick<UnitStore, "open">,
  offset = 0,
): AsyncGenerator<Uint8Array> {
  const file = await open(digest);
  try {
    const memory = Buffer.allocUnsafe(Math.min(PIECE, Math.max(0, file.size - offset)));
    for (let at = offset; at < file.size; at += PIECE) {
      if (at > offset) await nextTurn(); // others get theirs
      yield file.read(at, Math.min(PIECE, file.size - at), memory);
    }
  } finally {
    file.close();
  }
}
