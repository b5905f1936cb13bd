// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import type { Descriptor, OciDigest } from "../descriptor.ts";
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
import { ArchiveFiles } from "./archive-files.ts";
import { ArchiveStage } from "./archive-stage.ts";
import { LayoutReader } from "./layout-reader.ts";

/** A remote that is an OCI layout in one tar file. What is pushed is there when it is closed. */
export class LayoutArchive implements Remote {
  readonly name: string;
  readonly url: string;
  readonly repository = undefined;
  readonly #path: string;
  readonly #files: ArchiveFiles;
  readonly #reader: LayoutReader;
  #stage: Promise<ArchiveStage> | undefined;
  /** The file that was unpacked. */
  #unpacked: string | undefined;
  #changed = false;

  constructor(name: string, url: string, path: string) {
    this.name = name;
    this.url = url;
    this.#path = path;
    this.#files = new ArchiveFiles(path, name);
    this.#reader = new LayoutReader(name, this.#files);
  }

  async manifest(reference: string, options?: RequestOptions): Promise<StoredManifest | undefined> {
    return (await this.#current()).manifest(reference, options);
  }

  async *blob(descriptor: Descriptor, options?: RequestOptions): AsyncGenerator<Uint8Array, void, undefined> {
    yield* (await this.#current()).blob(descriptor, options);
  }

  async hasBlob(descriptor: Descriptor, options?: RequestOptions): Promise<boolean> {
    return (await this.#current()).hasBlob(descriptor, options);
  }

  async *tags(options?: TagOptions): AsyncGenerator<string, void, undefined> {
    yield* (await this.#current()).tags(options);
  }

  async pushBlob(source: BlobSource, options: PushBlobOptions = {}): Promise<BlobOutcome> {
    options.signal?.throwIfAborted();
    const { layout } = await this.#unpack();
    return layout.pushBlob(source, options);
  }

  async pushManifest(manifest: NewManifest, options: RequestOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted();
    if (manifest.tag !== undefined) checkedReference(manifest.tag, this.name);
    const { layout } = await this.#unpack();
    const descriptor = await layout.pushManifest(manifest, options);
    this.#changed = true;
    return descriptor;
  }

  async removeManifest(digest: OciDigest, options: RequestOptions = {}): Promise<void> {
    if ((await this.manifest(digest, options)) === undefined) return;
    const { layout } = await this.#unpack();
    await layout.removeManifest(digest, options);
    this.#changed = true;
  }

  /**
   * Writes the archive, if a manifest was pushed or removed.
   * @throws GreenError "busy" if another process changed it meanwhile; it is left as it is then
   */
  async close(): Promise<void> {
    const stage = await this.#stage;
    try {
      if (stage !== undefined && this.#changed) await this.#write(stage);
    } finally {
      this.#stage = undefined;
      this.#changed = false;
      await stage?.discard();
      await this.#files.close();
    }
  }

  async #write(stage: ArchiveStage): Promise<void> {
    if ((await this.#files.current()) !== this.#unpacked) {
      throw new GreenError("busy", `Another process changed "${this.#path}" meanwhile`, {
        ...{ side: this.name, retryable: true },
        hint: "try again",
      });
    }
    await stage.write();
  }

  async #current() {
    return this.#stage === undefined ? this.#reader : (await this.#stage).layout;
  }

  #unpack(): Promise<ArchiveStage> {
    this.#stage ??= this.#unpackNow().catch((thrown: unknown) => {
      this.#stage = undefined;
      throw thrown;
    });
    return this.#stage;
  }

  async #unpackNow(): Promise<ArchiveStage> {
    this.#unpacked = await this.#files.opened();
    return ArchiveStage.unpack(this.#path, this.#files, this.name);
  }
}
