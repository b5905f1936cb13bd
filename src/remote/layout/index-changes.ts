// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { type Descriptor, fromOci, type OciDigest } from "../descriptor.ts";
import { blobName, INDEX_FILE } from "./layout-files.ts";
import { changedAt, sweepBlobs } from "./layout-garbage.ts";
import { findEntry, formatIndex, type LayoutIndex, withoutManifest } from "./layout-index.ts";
import type { LayoutLock } from "./layout-lock.ts";
import type { LayoutReader } from "./layout-reader.ts";
import { ManifestGraph } from "./manifest-graph.ts";
import { piece, writeFileAside } from "./put-file.ts";

/** Where a layout is changed, and by whom. */
export interface ChangedLayout {
  /** The layout's directory. */
  readonly root: string;
  /** Where files are written before they have a name. */
  readonly aside: string;
  /** False: nothing of it need be on the disk, as it will not be kept. */
  readonly durable: boolean;
  readonly reader: LayoutReader;
  readonly lock: LayoutLock;
}

/** Called with the lock. Gives the same index back if there is nothing to change. */
type Apply = (index: LayoutIndex) => Promise<LayoutIndex> | LayoutIndex;

interface Change {
  readonly apply: Apply;
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}

/** Changes index.json. What waits for the lock at the same time is changed at once, so that many changes cost few. */
export class IndexChanges {
  readonly #layout: ChangedLayout;
  readonly #graph: ManifestGraph;
  #waiting: Change[] = [];
  /** What the changes at hand remove from the index. */
  #removed: Descriptor[] = [];

  constructor(layout: ChangedLayout) {
    this.#layout = layout;
    this.#graph = new ManifestGraph(layout.reader);
  }

  /** Rejects with the signal's reason as soon as that is given, and then changes nothing if it has not begun. */
  change(apply: Apply, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      const done = <T extends unknown[]>(settle: (...args: T) => void) => {
        return (...args: T) => {
          signal?.removeEventListener("abort", abort);
          settle(...args);
        };
      };
      this.#waiting.push({
        apply: (index) => {
          signal?.throwIfAborted();
          return apply(index);
        },
        resolve: done(resolve),
        reject: done(reject),
      });
      if (this.#waiting.length === 1) void this.#changeAll();
    });
  }

  /** Lists a manifest no more, and removes what only it referred to. */
  remove(digest: OciDigest, signal?: AbortSignal): Promise<void> {
    return this.change((index) => {
      const found = findEntry(index, digest)?.descriptor;
      if (found === undefined) return index;
      this.#removed.push(found);
      return withoutManifest(index, digest);
    }, signal);
  }

  async #changeAll(): Promise<void> {
    let changes: readonly Change[] = [];
    const settle: (() => void)[] = [];
    try {
      await this.#layout.lock.hold(async () => {
        changes = this.#waiting;
        this.#waiting = [];
        this.#removed = [];
        const before = await this.#layout.reader.index();
        let index = before;
        for (const { apply, resolve, reject } of changes) {
          try {
            index = await apply(index);
            settle.push(resolve);
          } catch (thrown) {
            settle.push(() => reject(thrown));
          }
        }
        if (index === before) return;
        // The index first: if the power fails in between, only garbage is left.
        await this.#write(index);
        if (this.#removed.length > 0) await this.#sweep(index);
      });
      for (const each of settle) each();
    } catch (thrown) {
      const failed = changes.length > 0 ? changes : this.#waiting.splice(0);
      for (const { reject } of failed) reject(thrown);
    }
  }

  async #write(index: LayoutIndex): Promise<void> {
    const { root, aside, durable, reader } = this.#layout;
    const file = await writeFileAside(piece(formatIndex(index)), {
      ...{ directory: aside, readOnly: false, durable, side: reader.name },
    });
    await file.moveTo(join(root, INDEX_FILE));
  }

  async #sweep({ entries }: LayoutIndex): Promise<void> {
    const { root, reader } = this.#layout;
    const known = entries.flatMap(({ descriptor }) => descriptor ?? []);
    // Of what cannot be read nobody knows what it needs.
    const used = known.length === entries.length ? await this.#graph.reach(known) : undefined;
    if (used === undefined) return;
    const freed = new Map<string, number>();
    for (const manifest of this.#removed) {
      const pushed = await changedAt(join(root, blobName(manifest.digest)), reader.name);
      const below = (await this.#graph.reach([manifest])) ?? [fromOci(manifest.digest) ?? ""];
      for (const hex of below) freed.set(hex, Math.max(freed.get(hex) ?? 0, pushed ?? 0));
    }
    await sweepBlobs({ root, side: reader.name, used, freed });
  }
}
