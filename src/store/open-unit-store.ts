// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve } from "node:path";
import { bootId } from "./boot-id.ts";
import { createBuildHistory } from "./build-history.ts";
import { type ContentFiles, createContentFiles } from "./content-files.ts";
import { createDerivedShelf } from "./derived-shelf.ts";
import { createDigestCache } from "./digest-cache.ts";
import { fromFileSystem } from "./fs-error.ts";
import type { IndexDatabase } from "./index-database.ts";
import { createLayout, type StoreLayout, storeLayout, sweepTemp } from "./layout.ts";
import { createMemo } from "./memo.ts";
import { openIndex } from "./open-index.ts";
import { createRecordShelf, type RecordShelf } from "./record-shelf.ts";
import { createReplayShelf } from "./replay-shelf.ts";
import type { BuildHistory, UnitStore } from "./store.ts";
import { createWriteBatch } from "./write-batch.ts";

export interface OpenOptions {
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Permission bits that laid-down files do not get; default the process's. */
  readonly umask?: number;
}

/** The parts that an opened store is made of; `open-store.ts` adds to them. */
export interface StoreParts {
  readonly index: IndexDatabase;
  readonly layout: StoreLayout;
  readonly files: ContentFiles;
  readonly shelf: RecordShelf;
  readonly now: () => number;
  readonly store: UnitStore & BuildHistory;
}

/** Opens or makes the store in `directory` and returns its parts. Throws as `openUnitStore` does. */
export function openParts(directory: string, options: OpenOptions = {}): StoreParts {
  const now = options.now ?? Date.now;
  const layout = storeLayout(resolve(directory));
  try {
    createLayout(layout);
    sweepTemp(layout, now());
  } catch (thrown) {
    throw fromFileSystem(thrown, `Cannot make the store "${layout.directory}"`);
  }
  const index = openIndex(layout, now);
  const umask = options.umask ?? process.umask();
  const batch = createWriteBatch(index);
  const digests = createDigestCache(index, batch, now);
  const files = createContentFiles({
    index,
    layout,
    now,
    umask,
    bootId: bootId(),
    batch,
    onPlaced: digests.note,
  });
  const shelf = createRecordShelf(index, layout, batch, now);
  const store: UnitStore & BuildHistory = {
    directory: layout.directory,
    inputSets: shelf.inputSets,
    find: shelf.find,
    byInstance: shelf.byInstance,
    withOutput: shelf.withOutput,
    touch: shelf.touch,
    put: shelf.put,
    putAll: shelf.putAll,
    stage: files.stage,
    stageBytes: files.stageBytes,
    discard: files.discard,
    adopt: files.adopt,
    adoptAll: files.adoptAll,
    present: files.present,
    materialize: files.materialize,
    copyAhead: files.copyAhead,
    dropCopies: files.dropCopies,
    read: files.read,
    open: files.open,
    scratchPath: files.scratchPath,
    expect: files.expect,
    sourceOf: files.sourceOf,
    prepare: files.prepare,
    digestFile: digests.digestFile,
    noteDigest: digests.note,
    ...createDerivedShelf(index),
    ...createReplayShelf(index, batch, now),
    ...createMemo(index, batch, now),
    ...createBuildHistory(index, shelf),
    flush: batch.flush,
    close() {
      try {
        batch.flush();
      } finally {
        index.close();
      }
    },
  };
  return { index, layout, files, shelf, now, store };
}

/**
 * Opens the store in `directory` for a build; makes it where there is none. Takes a few milliseconds, or seconds if
 * the index must be rebuilt. Throws GreenError: "environment" (no space, no permission, made by a newer version) or
 * "busy".
 */
export function openUnitStore(directory: string, options: OpenOptions = {}): UnitStore & BuildHistory {
  return openParts(directory, options).store;
}
