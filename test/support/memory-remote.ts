// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../src/error.ts";
import { type Descriptor, type OciDigest, toOci } from "../../src/remote/descriptor.ts";
import { manifestLinks } from "../../src/remote/manifest-links.ts";
import {
  type BlobOutcome,
  type BlobSource,
  DEFAULT_PAGE,
  type NewManifest,
  type PushBlobOptions,
  type Remote,
  type StoredManifest,
  type TagOptions,
} from "../../src/remote/remote.ts";
import { verified } from "../../src/remote/verified.ts";
import { digestOf } from "../../src/unit/digest.ts";
import { collect } from "./remote-content.ts";

/** A remote in this process, for tests of what is done with remotes; it passes the contract of all remotes. */
export class MemoryRemote implements Remote {
  readonly name: string;
  readonly url: string;
  readonly repository: string | undefined;
  readonly blobs = new Map<string, Uint8Array>();
  readonly manifests = new Map<string, StoredManifest>();
  readonly tagged = new Map<string, OciDigest>();
  /** What was asked for, in order: the names of methods, `tags` once for each page. */
  readonly asked: string[] = [];
  /** True: nothing is ever deleted. */
  keeps = false;

  constructor(name = "team", repository?: string) {
    this.name = name;
    this.url = `memory:${name}`;
    this.repository = repository;
  }

  async manifest(reference: string): Promise<StoredManifest | undefined> {
    this.asked.push("manifest");
    return this.manifests.get(this.tagged.get(reference) ?? reference);
  }

  async *blob(descriptor: Descriptor): AsyncGenerator<Uint8Array> {
    this.asked.push("blob");
    const bytes = this.blobs.get(descriptor.digest);
    if (bytes === undefined) throw this.#error("not-found", `There is no ${descriptor.digest}`);
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
    };
    yield* verified(pieces(), descriptor, this.name);
  }

  async hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    this.asked.push("hasBlob");
    return this.blobs.get(digest)?.length === size;
  }

  async *tags({ after = "", page = DEFAULT_PAGE }: TagOptions = {}): AsyncGenerator<string> {
    const tags = [...this.tagged.keys()].filter((tag) => tag > after).sort();
    for (let at = 0; at === 0 || at < tags.length; at += page) {
      this.asked.push("tags");
      yield* tags.slice(at, at + page);
    }
  }

  async pushBlob({ descriptor, open }: BlobSource, options: PushBlobOptions = {}): Promise<BlobOutcome> {
    this.asked.push(options.mountFrom === undefined ? "pushBlob" : `pushBlob from ${options.mountFrom}`);
    if (options.force !== true && this.blobs.has(descriptor.digest)) return "there";
    const bytes = await collect(verified(open(), descriptor, this.name));
    options.onSent?.(bytes.length);
    this.blobs.set(descriptor.digest, bytes);
    return "sent";
  }

  async pushManifest({ mediaType, bytes, tag }: NewManifest): Promise<Descriptor> {
    this.asked.push("pushManifest");
    const { blobs, manifests } = manifestLinks(bytes, this.name);
    const missing = blobs.some(({ digest }) => !this.blobs.has(digest));
    if (missing || manifests.some(({ digest }) => !this.manifests.has(digest))) {
      throw this.#error("refused", "What the manifest refers to is not there");
    }
    const descriptor = { mediaType, digest: toOci(digestOf(bytes)), size: bytes.length };
    this.manifests.set(descriptor.digest, { descriptor, bytes });
    if (tag !== undefined) this.tagged.set(tag, descriptor.digest);
    return descriptor;
  }

  async removeManifest(digest: OciDigest): Promise<void> {
    this.asked.push("removeManifest");
    if (this.keeps) {
      throw new GreenError("refused", "The registry does not delete", {
        side: this.name,
        hint: "delete it on the provider's pages",
      });
    }
    this.manifests.delete(digest);
    for (const [tag, at] of this.tagged) if (at === digest) this.tagged.delete(tag);
  }

  async close(): Promise<void> {}

  #error(code: "not-found" | "refused", message: string): GreenError {
    return new GreenError(code, message, { side: this.name });
  }
}
