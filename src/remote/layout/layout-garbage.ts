// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdir, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { isSha256 } from "../../unit/digest.ts";
import { fromFiles, isMissing } from "./file-error.ts";
import { BLOBS } from "./layout-files.ts";

/** A blob that nothing refers to may be part of what somebody is about to push, for this long. */
const GRACE_MS = 60 * 60 * 1000; // 1 hour

/** A file without a name whose writer is surely gone. */
const ABANDONED_MS = 24 * 60 * 60 * 1000; // 1 day

export interface SweepOptions {
  /** The layout's directory. */
  readonly root: string;
  readonly side: string;
  /** Digests, as hex, of all that is still referred to. */
  readonly used: ReadonlySet<string>;
  /** By digest of what was referred to until now: when the manifest that did was pushed. */
  readonly freed: ReadonlyMap<string, number>;
}

/**
 * Removes blobs that nothing refers to. Who pushes touches what is there already, so a blob that is younger than the
 * manifest it was freed by is being used for another one, and stays, as all do that were never referred to and are young.
 */
export async function sweepBlobs({ root, side, used, freed }: SweepOptions): Promise<void> {
  const directory = join(root, BLOBS);
  const old = Date.now() - GRACE_MS;
  for (const name of await names(directory, side)) {
    if (!isSha256(name) || used.has(name)) continue;
    const path = join(directory, name);
    const changed = await changedAt(path, side);
    if (changed !== undefined && changed <= Math.max(freed.get(name) ?? 0, old)) await remove(path, side);
  }
}

/** Removes what writers that are gone left behind. */
export async function sweepAbandoned(directory: string, side: string): Promise<void> {
  for (const name of await names(directory, side)) {
    const path = join(directory, name);
    const changed = await changedAt(path, side);
    if (changed !== undefined && changed < Date.now() - ABANDONED_MS) await remove(path, side);
  }
}

/** When a file was last written or touched, milliseconds since 1970; undefined if it is not there. */
export async function changedAt(path: string, side: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw fromFiles(thrown, path, side);
  }
}

async function names(directory: string, side: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw fromFiles(thrown, directory, side);
  }
}

async function remove(path: string, side: string): Promise<void> {
  try {
    await unlink(path);
  } catch (thrown) {
    if (!isMissing(thrown)) throw fromFiles(thrown, path, side);
  }
}

/** Removes directories of a prefix that were unpacked by somebody who is surely gone. */
export async function sweepAbandonedStages(directory: string, prefix: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!name.startsWith(prefix) || name.length !== prefix.length + UUID_LENGTH) continue;
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (mtimeMs < Date.now() - ABANDONED_MS) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

const UUID_LENGTH = 36;
