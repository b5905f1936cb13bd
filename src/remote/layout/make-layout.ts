// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { GreenError } from "../../error.ts";
import { fromFiles, isMissing } from "./file-error.ts";
import type { ChangedLayout } from "./index-changes.ts";
import { BLOBS, INDEX_FILE, LAYOUT_VERSION, VERSION_FILE } from "./layout-files.ts";
import { changedAt, sweepAbandoned } from "./layout-garbage.ts";
import { EMPTY_INDEX, formatIndex } from "./layout-index.ts";
import { piece, writeFileAside } from "./put-file.ts";

/** What only we need, apart from what the specification knows: the lock, and files that are being written. */
export const OWN_DIRECTORY = ".cargo-green";

/** What may be in a directory that is about to be a layout, as somebody else is making it one, too. */
const BEGINNINGS: ReadonlySet<string> = new Set([OWN_DIRECTORY, "blobs", INDEX_FILE, VERSION_FILE]);

/**
 * Makes a directory a layout, if it is none, and removes what writers that are gone left behind.
 * @throws GreenError "refused" if it holds something else, "protocol" if it is a layout of another version
 */
export async function makeLayout(layout: ChangedLayout): Promise<void> {
  const { root, aside, durable, reader, lock } = layout;
  const side = reader.name;
  try {
    if (!(await reader.checkVersion())) await refuseOthers(root, side);
    await mkdir(aside, { recursive: true });
    await mkdir(join(root, BLOBS), { recursive: true });
  } catch (thrown) {
    throw fromFiles(thrown, root, side);
  }
  await sweepAbandoned(aside, side);
  await lock.hold(async () => {
    const files: readonly (readonly [string, Uint8Array])[] = [
      [INDEX_FILE, formatIndex(EMPTY_INDEX)],
      [VERSION_FILE, Buffer.from(JSON.stringify({ imageLayoutVersion: LAYOUT_VERSION }))],
    ];
    for (const [name, bytes] of files) {
      const path = join(root, name);
      if ((await changedAt(path, side)) !== undefined) continue;
      const file = await writeFileAside(piece(bytes), { directory: aside, readOnly: false, durable, side });
      await file.moveTo(path);
    }
  });
}

async function refuseOthers(root: string, side: string): Promise<void> {
  const there = await readdir(root).catch((thrown: unknown) => {
    if (isMissing(thrown)) return [];
    throw thrown;
  });
  if (there.every((name) => BEGINNINGS.has(name))) return;
  throw new GreenError("refused", `"${root}" holds other things than an OCI layout`, {
    side,
    hint: "take a directory that is empty or not there",
  });
}
