// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { type Descriptor, fromOci } from "../descriptor.ts";
import { type ManifestLinks, manifestLinks } from "../manifest-links.ts";
import type { LayoutReader } from "./layout-reader.ts";

/** What manifests of a layout lead to, at any depth. */
export class ManifestGraph {
  readonly #reader: LayoutReader;
  /** By digest; content never changes. */
  readonly #links = new Map<string, ManifestLinks>();

  constructor(reader: LayoutReader) {
    this.#reader = reader;
  }

  /** Digests, as hex, of some manifests and all below them; undefined if one of them cannot be read. */
  async reach(manifests: readonly Descriptor[]): Promise<ReadonlySet<string> | undefined> {
    const walked = new Set<string>();
    const reached = new Set<string>();
    const waiting = [...manifests];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (walked.has(next.digest)) continue;
      walked.add(next.digest);
      const links = await this.#linksOf(next);
      if (links === undefined) return undefined;
      for (const { digest } of [next, ...links.blobs]) reached.add(fromOci(digest) ?? "");
      waiting.push(...links.manifests);
    }
    return reached;
  }

  async #linksOf(manifest: Descriptor): Promise<ManifestLinks | undefined> {
    const known = this.#links.get(manifest.digest);
    if (known !== undefined) return known;
    try {
      const links = manifestLinks(await this.#reader.manifestBytes(manifest), this.#reader.name);
      this.#links.set(manifest.digest, links);
      return links;
    } catch (thrown) {
      if (thrown instanceof GreenError && ["corrupt", "not-found"].includes(thrown.code)) return undefined;
      throw thrown;
    }
  }
}
