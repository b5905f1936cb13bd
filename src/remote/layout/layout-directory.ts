// SPDX-License-Identifier: MIT OR Apache-2.0
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { GreenError } from "../../error.ts";
import { digestOf } from "../../unit/digest.ts";
import { type Descriptor, type OciDigest, toOci } from "../descriptor.ts";
import { checkSendable } from "../limits.ts";
import { type ManifestLinks, manifestLinks } from "../manifest-links.ts";
import { checkedReference } from "../reference.ts";
import type {
  BlobOutcome,
  BlobSource,
  NewManifest,
  PushBlobOptions,
  Remote,
  RequestOptions,
  StoredManifest,
  TagOptions,
} from "../remote.ts";
import { verified } from "../verified.ts";
import { DirectoryFiles } from "./directory-files.ts";
import { fromFiles, isMissing } from "./file-error.ts";
import { type ChangedLayout, IndexChanges } from "./index-changes.ts";
import { blobName } from "./layout-files.ts";
import { changedAt } from "./layout-garbage.ts";
import { withManifest } from "./layout-index.ts";
import { LayoutLock } from "./layout-lock.ts";
import { LayoutReader } from "./layout-reader.ts";
import { makeLayout, OWN_DIRECTORY } from "./make-layout.ts";
import { piece, writeFileAside } from "./put-file.ts";

/** A remote that is an OCI layout in a directory of this machine, which is made when something is pushed. */
export class LayoutDirectory implements Remote {
  readonly name: string;
  readonly url: string;
  readonly repository = undefined;
  readonly #layout: ChangedLayout;
  readonly #changes: IndexChanges;
  #made: Promise<void> | undefined;

  /** @param durable false for a layout that will not be kept: what is pushed need not be on the disk */
  constructor(name: string, url: string, root: string, durable = true) {
    this.name = name;
    this.url = url;
    const reader = new LayoutReader(name, new DirectoryFiles(root, name));
    const lock = new LayoutLock(join(root, OWN_DIRECTORY, "lock"), name);
    this.#layout = { root, aside: join(root, OWN_DIRECTORY, "new"), durable, reader, lock };
    this.#changes = new IndexChanges(this.#layout);
  }

  manifest(reference: string, options?: RequestOptions): Promise<StoredManifest | undefined> {
    return this.#layout.reader.manifest(reference, options);
  }

  blob(descriptor: Descriptor, options?: RequestOptions): AsyncIterable<Uint8Array> {
    return this.#layout.reader.blob(descriptor, options);
  }

  hasBlob(descriptor: Descriptor, options?: RequestOptions): Promise<boolean> {
    return this.#layout.reader.hasBlob(descriptor, options);
  }

  tags(options?: TagOptions): AsyncIterable<string> {
    return this.#layout.reader.tags(options);
  }

  async pushBlob(source: BlobSource, options: PushBlobOptions = {}): Promise<BlobOutcome> {
    const { force = false, onSent, signal } = options;
    signal?.throwIfAborted();
    await this.#make();
    const { descriptor } = source;
    const path = this.#pathOf(descriptor.digest);
    if (!force && (await this.hasBlob(descriptor, { signal })) && (await this.#touch(path))) return "there";
    const side = this.name;
    async function* sent(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const each of verified(source.open(), descriptor, side)) {
        signal?.throwIfAborted();
        yield each;
        onSent?.(each.byteLength);
      }
      signal?.throwIfAborted();
    }
    const file = await this.#aside(sent());
    try {
      await this.#layout.lock.hold(() => file.moveTo(path));
    } finally {
      await file.discard();
    }
    return "sent";
  }

  async pushManifest(manifest: NewManifest, { signal }: RequestOptions = {}): Promise<Descriptor> {
    signal?.throwIfAborted();
    const { mediaType, bytes, tag } = manifest;
    if (tag !== undefined) checkedReference(tag, this.name);
    checkSendable(bytes, this.name);
    const links = manifestLinks(bytes, this.name);
    const { artifactType } = links;
    const descriptor: Descriptor = {
      ...{ mediaType, digest: toOci(digestOf(bytes)), size: bytes.byteLength },
      ...(artifactType === undefined ? {} : { artifactType }),
    };
    await this.#make();
    const file = await this.#aside(piece(bytes));
    try {
      await this.#changes.change(async (index) => {
        await this.#requireAll(links);
        await file.moveTo(this.#pathOf(descriptor.digest));
        return withManifest(index, descriptor, tag);
      }, signal);
    } finally {
      await file.discard();
    }
    return descriptor;
  }

  async removeManifest(digest: OciDigest, { signal }: RequestOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (!(await this.#layout.reader.checkVersion())) return;
    await this.#make();
    await this.#changes.remove(digest, signal);
  }

  async close(): Promise<void> {
    await this.#layout.lock.close();
  }

  #make(): Promise<void> {
    this.#made ??= makeLayout(this.#layout).catch((thrown: unknown) => {
      this.#made = undefined;
      throw thrown;
    });
    return this.#made;
  }

  #pathOf(digest: OciDigest): string {
    return join(this.#layout.root, blobName(digest));
  }

  #aside(pieces: AsyncIterable<Uint8Array>) {
    const { aside: directory, durable } = this.#layout;
    return writeFileAside(pieces, { directory, durable, readOnly: true, side: this.name });
  }

  /** Says that a blob is needed, so that it is not swept; false if it went away meanwhile. */
  #touch(path: string): Promise<boolean> {
    return this.#layout.lock.hold(async () => {
      try {
        const now = new Date();
        await utimes(path, now, now);
        return true;
      } catch (thrown) {
        if (isMissing(thrown)) return false;
        throw fromFiles(thrown, path, this.name);
      }
    });
  }

  /** To be called with the lock, without which one could be removed. */
  async #requireAll({ blobs, manifests }: ManifestLinks): Promise<void> {
    for (const { digest } of [...blobs, ...manifests]) {
      if ((await changedAt(this.#pathOf(digest), this.name)) !== undefined) continue;
      throw new GreenError("refused", `What the manifest refers to is not there: ${digest}`, {
        ...{ side: this.name, retryable: true },
        hint: "push it again",
      });
    }
  }
}
