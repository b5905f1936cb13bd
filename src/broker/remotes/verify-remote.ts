// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { GreenError } from "../../error.ts";
import { inOrder } from "../../in-order.ts";
import type { Descriptor } from "../../remote/descriptor.ts";
import { annotatedPack, annotatedUnit } from "../../remote/format/annotations.ts";
import type { ExpectedFile } from "../../remote/format/layer-check.ts";
import { partTag, tarSizeOf } from "../../remote/format/pack.ts";
import type { PackedUnit } from "../../remote/format/pack-config.ts";
import { readLayer } from "../../remote/format/read-layer.ts";
import { isOurTag, parseAnyPackTag, unitTag } from "../../remote/format/tag.ts";
import { layerPath } from "../../remote/format/unit-paths.ts";
import type { Remote, RequestOptions } from "../../remote/remote.ts";
import type { OutputFile } from "../../unit/record.ts";
import type { FoundPack } from "../share/find-pack.ts";
import { readContent, readTagged, type Tagged } from "./tagged.ts";

/** Tags that are looked behind at once. */
const CONCURRENCY = 8;

/** Something that is not as it should be. */
export interface RemoteProblem {
  readonly tag: string;
  /** `missing`: bytes that are referred to; `corrupt`: other bytes than their digest says; `untrue`: records or tags that claim what is not so. */
  readonly kind: "missing" | "corrupt" | "untrue";
  /** What, as a sentence without a full stop. */
  readonly what: string;
}

export interface RemoteReport {
  readonly images: number;
  /** Parts of packs. */
  readonly packs: number;
  readonly units: number;
  /** Distinct blobs. */
  readonly blobs: number;
  /** Bytes of those. */
  readonly bytes: number;
  /** Tags of others, which were left alone. */
  readonly foreign: number;
  readonly problems: readonly RemoteProblem[];
}

export interface VerifyRemoteOptions extends RequestOptions {
  /** Also reads all bytes of all layers. */
  readonly deep?: boolean | undefined;
  readonly onProgress?: ((tags: number, bytes: number) => void) | undefined;
  /** Told of each problem as it is found. */
  readonly onProblem?: ((problem: RemoteProblem) => void) | undefined;
}

/**
 * Checks that everything of ours is there, that records are what they claim to be, and with `deep` that all bytes are
 * what records and digests say. Nothing is changed. Throws as the remote does.
 */
export async function verifyRemote(remote: Remote, options: VerifyRemoteOptions = {}): Promise<RemoteReport> {
  const checker = new RemoteChecker(remote, options);
  const check = (tag: string) => checker.check(tag);
  for await (const _ of inOrder(CONCURRENCY, remote.tags(options), check));
  return checker.report();
}

class RemoteChecker {
  readonly #remote: Remote;
  readonly #options: VerifyRemoteOptions;
  readonly #blobs = new Map<string, { readonly size: number; readonly isThere: Promise<boolean> }>();
  readonly #problems: RemoteProblem[] = [];
  readonly #units = new Set<string>();
  readonly #read = new Set<string>();
  #counts = { tags: 0, images: 0, packs: 0, foreign: 0, bytes: 0 };

  constructor(remote: Remote, options: VerifyRemoteOptions) {
    this.#remote = remote;
    this.#options = options;
  }

  async check(tag: string): Promise<void> {
    try {
      const tagged = isOurTag(tag) ? await readTagged(this.#remote, tag, this.#options) : undefined;
      if (tagged === undefined) this.#counts.foreign += 1;
      else await this.#checkTagged(tagged);
    } catch (thrown) {
      this.#note(tag, thrown);
    }
    this.#counts.tags += 1;
    this.#options.onProgress?.(this.#counts.tags, this.#counts.bytes);
  }

  report(): RemoteReport {
    const { images, packs, foreign } = this.#counts;
    const bytes = [...this.#blobs.values()].reduce((sum, { size }) => sum + size, 0);
    const [units, blobs] = [this.#units.size, this.#blobs.size];
    return { images, packs, units, blobs, bytes, foreign, problems: this.#problems };
  }

  async #checkTagged(tagged: Tagged): Promise<void> {
    const { tag, kind, manifest } = tagged;
    this.#counts[kind === "image" ? "images" : "packs"] += 1;
    const blobs = [manifest.config, ...manifest.layers];
    const there = await Promise.all(blobs.map((blob) => this.#isThere(blob)));
    for (const [at, blob] of blobs.entries()) {
      if (there[at] === false)
        this.#say({ tag, kind: "missing", what: `${what(at, blob)} is not there, or of another size` });
    }
    const recordsAt = kind === "image" ? blobs.length - 1 : 0;
    if (there[recordsAt] === false) return;
    const found = await readContent(this.#remote, tagged, this.#options);
    for (const { record } of found.units) this.#units.add(record.instance);
    await this.#checkClaims(tagged, found);
    if (this.#options.deep !== true) return;
    for (const [at, layer] of found.layers.entries()) {
      if (there[at + 1] === true)
        await this.#readLayer(
          tag,
          layer,
          found.units.filter((unit) => unit.layer === at),
        );
    }
  }

  #isThere(blob: Descriptor): Promise<boolean> {
    const known = this.#blobs.get(blob.digest);
    if (known !== undefined) return known.isThere;
    const isThere = this.#remote.hasBlob(blob, this.#options);
    this.#blobs.set(blob.digest, { size: blob.size, isThere });
    return isThere;
  }

  /** Tags and annotations are what `ls` and `prune` go by. */
  async #checkClaims({ tag, kind, manifest }: Tagged, { units }: FoundPack): Promise<void> {
    const untrue = (about: string) => this.#say({ tag, kind: "untrue", what: about });
    if (kind === "pack") {
      const said = annotatedPack(manifest.annotations);
      const parts = parseAnyPackTag(tag);
      if (said === undefined || parts === undefined) untrue("it does not say what it is for");
      else {
        if (said.id !== parts.id) untrue("its tag is that of another pack");
        if (parts.part > said.parts) untrue("it is a part that its pack has not");
        if (parts.part === 1) await this.#checkParts(parts.whole, said.parts);
      }
      return;
    }
    const [unit, more] = units;
    const said = annotatedUnit(manifest.annotations);
    if (unit === undefined || more !== undefined) untrue("it does not hold one unit");
    else if (unitTag(unit.record.identity, unit.record.key) !== tag)
      untrue("its tag is that of another unit");
    else if (said?.instance !== unit.record.instance || said.privacy !== unit.record.privacy.class)
      untrue("its annotations are those of another unit");
  }

  async #checkParts(whole: string, count: number): Promise<void> {
    for (let number = 2; number <= count; number++) {
      const tag = partTag(whole, number);
      if ((await this.#remote.manifest(tag, this.#options)) !== undefined) continue;
      this.#say({ tag, kind: "missing", what: `part ${number} of ${count} of its pack is not there` });
    }
  }

  async #readLayer(tag: string, layer: Descriptor, units: readonly PackedUnit[]): Promise<void> {
    const known = [layer.digest, ...units.map(({ record }) => record.instance).sort()].join(" ");
    if (this.#read.has(known)) return; // as it was with these very units in another pack
    this.#read.add(known);
    const outputs = new Map<string, OutputFile>();
    for (const { record } of units)
      for (const each of record.outputs) outputs.set(layerPath(record, each), each);
    const expected: ReadonlyMap<string, ExpectedFile> = outputs;
    const source = this.#counted(this.#remote.blob(layer, this.#options));
    const about = `The layer ${layer.digest.slice(0, 19)} of "${this.#remote.name}"`;
    try {
      await readLayer(source, expected, { what: about, tarSize: tarSizeOf(layer) }, async (path, content) => {
        const hash = createHash("sha256");
        for await (const chunk of content) hash.update(chunk);
        if (hash.digest("hex") !== outputs.get(path)?.digest) {
          throw new GreenError("corrupt", `${about} has other bytes in "${path}"`);
        }
      });
    } catch (thrown) {
      this.#note(tag, thrown);
    }
  }

  async *#counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#counts.bytes += chunk.length;
      this.#options.onProgress?.(this.#counts.tags, this.#counts.bytes);
      yield chunk;
    }
  }

  /** What is wrong with one thing is noted; what is wrong with the remote ends the check. */
  #note(tag: string, thrown: unknown): void {
    if (!(thrown instanceof GreenError)) throw thrown;
    if (thrown.code === "corrupt")
      this.#say({
        tag,
        kind: thrown.message.includes("has a record that") ? "untrue" : "corrupt",
        what: thrown.message,
      });
    else if (thrown.code === "not-found") this.#say({ tag, kind: "missing", what: thrown.message });
    else throw thrown;
  }

  #say(problem: RemoteProblem): void {
    this.#problems.push(problem);
    this.#options.onProblem?.(problem);
  }
}

function what(at: number, { digest }: Descriptor): string {
  return `${at === 0 ? "its config" : `its layer ${at}`} ${digest.slice(0, 19)}`;
}
