// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Descriptor } from "../descriptor.ts";
import { MAX_MANIFEST_BYTES } from "../limits.ts";
import { isIndexType, isObject, manifestLinks } from "../manifest-links.ts";
import { checkedReference, isTag } from "../reference.ts";
import type { RemoteReader, RequestOptions, StoredManifest, TagOptions } from "../remote.ts";
import { verified } from "../verified.ts";
import {
  blobName,
  INDEX_FILE,
  LAYOUT_VERSION,
  type LayoutFiles,
  MAX_INDEX_BYTES,
  VERSION_FILE,
  wholeFile,
} from "./layout-files.ts";
import { EMPTY_INDEX, findEntry, type LayoutIndex, parseIndex } from "./layout-index.ts";

/** How many indexes are looked into for a manifest that index.json does not list by itself. */
const MAX_NESTED_INDEXES = 1000;

/** Reads a layout, whether it is a directory or an archive. What is not there is an empty layout. */
export class LayoutReader implements RemoteReader {
  readonly name: string;
  readonly #files: LayoutFiles;
  /** The last index that was read. */
  #index: { readonly stamp: string; readonly index: LayoutIndex } | undefined;
  /** Blobs whose bytes were found to be right. */
  readonly #intact = new Map<string, string>();

  constructor(name: string, files: LayoutFiles) {
    this.name = name;
    this.#files = files;
  }

  /** What index.json lists now. */
  async index(): Promise<LayoutIndex> {
    const stamp = await this.#files.stamp(INDEX_FILE);
    if (stamp === undefined) return EMPTY_INDEX;
    if (this.#index?.stamp === stamp) return this.#index.index;
    await this.checkVersion();
    const bytes = await this.#small(INDEX_FILE, MAX_INDEX_BYTES);
    if (bytes === undefined) return EMPTY_INDEX;
    const index = parseIndex(bytes, this.name);
    this.#index = { stamp, index };
    return index;
  }

  /** True if it says to be a layout that we understand; throws "protocol" if it says another thing. */
  async checkVersion(): Promise<boolean> {
    const bytes = await this.#small(VERSION_FILE, MAX_MANIFEST_BYTES);
    if (bytes === undefined) return false;
    if (layoutVersion(bytes) === LAYOUT_VERSION) return true;
    throw new GreenError("protocol", `Its file "${VERSION_FILE}" is not of version ${LAYOUT_VERSION}`, {
      side: this.name,
      hint: "take another directory",
    });
  }

  async manifest(reference: string, { signal }: RequestOptions = {}): Promise<StoredManifest | undefined> {
    signal?.throwIfAborted();
    checkedReference(reference, this.name);
    const index = await this.index();
    const descriptor =
      findEntry(index, reference)?.descriptor ??
      (isTag(reference) ? undefined : await this.#nested(index, reference, signal));
    if (descriptor === undefined) return undefined;
    return { descriptor, bytes: await this.manifestBytes(descriptor, signal) };
  }

  /** The bytes of a manifest; throws "corrupt" if they are missing, too, since something says that they are there. */
  async manifestBytes(descriptor: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
    if (descriptor.size > MAX_MANIFEST_BYTES) throw tooLarge(descriptor, this.name);
    const pieces: Uint8Array[] = [];
    for await (const piece of this.blob(descriptor, { signal })) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *blob(
    descriptor: Descriptor,
    { signal }: RequestOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal?.throwIfAborted();
    const file = await this.#files.open(blobName(descriptor.digest));
    if (file === undefined) {
      throw new GreenError("not-found", `The blob ${descriptor.digest} is not there`, { side: this.name });
    }
    for await (const piece of verified(file.pieces(), descriptor, this.name)) {
      signal?.throwIfAborted();
      yield piece;
    }
  }

  /** Looks at its bytes, once for as long as the file stays what it is: others may not write as carefully. */
  async hasBlob(descriptor: Descriptor, { signal }: RequestOptions = {}): Promise<boolean> {
    signal?.throwIfAborted();
    const name = blobName(descriptor.digest);
    const found = await this.#files.stamp(name);
    if (found === undefined) return false;
    const stamp = `${found} ${descriptor.size}`;
    if (this.#intact.get(name) === stamp) return true;
    try {
      for await (const _ of this.blob(descriptor, { signal }));
    } catch (thrown) {
      if (thrown instanceof GreenError && ["not-found", "corrupt"].includes(thrown.code)) return false;
      throw thrown;
    }
    this.#intact.set(name, stamp);
    return true;
  }

  async *tags({ after = "", signal }: TagOptions = {}): AsyncGenerator<string, void, undefined> {
    signal?.throwIfAborted();
    const { entries } = await this.index();
    const tags = new Set(entries.flatMap(({ tag }) => (tag !== undefined && tag > after ? [tag] : [])));
    for (const tag of [...tags].sort()) {
      signal?.throwIfAborted();
      yield tag;
    }
  }

  /** Looks for a manifest in the indexes that index.json lists: their parts need not be listed themselves. */
  async #nested(
    { entries }: LayoutIndex,
    digest: string,
    signal: AbortSignal | undefined,
  ): Promise<Descriptor | undefined> {
    const seen = new Set<string>();
    const waiting = entries.flatMap(({ descriptor }) => descriptor ?? []);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!isIndexType(next.mediaType) || seen.has(next.digest)) continue;
      if (seen.size >= MAX_NESTED_INDEXES) return undefined;
      seen.add(next.digest);
      const { manifests } = manifestLinks(await this.manifestBytes(next, signal), this.name);
      const found = manifests.find((each) => each.digest === digest);
      if (found !== undefined && (await this.#files.stamp(blobName(digest))) !== undefined) return found;
      waiting.push(...manifests);
    }
    return undefined;
  }

  async #small(name: string, limit: number): Promise<Uint8Array | undefined> {
    const file = await this.#files.open(name);
    if (file === undefined) return undefined;
    const bytes = await wholeFile(file, limit);
    if (bytes !== undefined) return bytes;
    throw new GreenError("corrupt", `Its file "${name}" is larger than ${limit} bytes`, { side: this.name });
  }
}

function layoutVersion(bytes: Uint8Array): unknown {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isObject(document) ? document["imageLayoutVersion"] : undefined;
  } catch {
    return undefined;
  }
}

function tooLarge({ digest, size }: Descriptor, side: string): GreenError {
  const message = `The manifest ${digest} has ${size} bytes, and ${MAX_MANIFEST_BYTES} are allowed`;
  return new GreenError("corrupt", message, { side });
}
