// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest, InstanceId } from "../unit/digest.ts";

/** The mtime of every stored file, in seconds (2001-09-09): older than any source, and fit for every archive format. */
export const STORED_MTIME_S = 1_000_000_000;
export const STORED_MTIME_NS = BigInt(STORED_MTIME_S) * 1_000_000_000n;
/**
 * Mode of every stored file that has one name; whether a copy is executable is said by the record. With another name in
 * a target directory it has the mode that is usual there: rustc refuses to replace what is read-only.
 */
export const STORED_MODE = 0o444;
/** Temporary files older than this are left-overs of a dead process. */
export const STALE_TEMP_MS = 24 * 3_600_000; // one day

// https://bford.info/cachedir/ : backup programs skip a directory that begins so.
const CACHEDIR_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This directory is a cache of cargo-green. It can be deleted at any time.
`;

/** Where things are below the store's directory. */
export interface StoreLayout {
  readonly directory: string;
  readonly files: string;
  readonly records: string;
  readonly temp: string;
  readonly index: string;
  /** Exists after a process met a damaged index. */
  readonly damagedMarker: string;
  readonly lock: string;
  filePath(digest: Digest): string;
  recordPath(instance: InstanceId): string;
  pinPath(instance: InstanceId): string;
  /** A fresh random path below `tmp/`. */
  tempPath(): string;
}

/** Paths of a store at `directory`; touches nothing. */
export function storeLayout(directory: string): StoreLayout {
  const files = join(directory, "files");
  const records = join(directory, "records");
  const temp = join(directory, "tmp");
  return {
    directory,
    files,
    records,
    temp,
    index: join(directory, "index.sqlite"),
    damagedMarker: join(directory, "index.damaged"),
    lock: join(directory, "lock.sqlite"),
    filePath: (digest) => `${files}/${digest.slice(0, 2)}/${digest.slice(2)}`,
    recordPath: (instance) => `${records}/${instance.slice(0, 2)}/${instance}.json.zst`,
    pinPath: (instance) => `${records}/${instance.slice(0, 2)}/${instance}.pin`,
    tempPath: () => `${temp}/${randomUUID()}`,
  };
}

/** Makes the directories that are not there, but for the 256 of two digits; only the user may look into them. */
export function createLayout(layout: StoreLayout): void {
  const tag = join(layout.directory, "CACHEDIR.TAG");
  if ([tag, layout.files, layout.records, layout.temp].every((path) => existsSync(path))) return;
  mkdirSync(layout.directory, { recursive: true, mode: 0o700 });
  for (const below of [layout.files, layout.records, layout.temp]) mkdirSync(below, { recursive: true });
  writeFileSync(tag, CACHEDIR_TAG); // last: it says that the rest is there
}

/** Removes temporary files that no living process can still want; returns how many. */
export function sweepTemp(layout: StoreLayout, now: number): number {
  let removed = 0;
  for (const name of readdirSync(layout.temp)) {
    const path = join(layout.temp, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || now - Math.max(stat.mtimeMs, stat.ctimeMs) < STALE_TEMP_MS) continue;
    rmSync(path, { force: true, recursive: true });
    removed += 1;
  }
  return removed;
}
