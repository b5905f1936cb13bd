// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../../error.ts";
import type { Descriptor, OciDigest } from "../descriptor.ts";
import type { RequestOptions } from "../remote.ts";
import type { CacheConfig } from "./cache-config.ts";

/** A cache that a builder exported. */
export interface ExportedCache {
  /** Tag of its manifest, or the name of the object that is its manifest. */
  readonly name: string;
  readonly config: CacheConfig;
  /** Where the blobs of its layers are. */
  readonly layers: ReadonlyMap<OciDigest, ExportedLayer>;
  /** Tells this state of it from later ones. */
  readonly version: string;
}

export interface ExportedLayer {
  readonly descriptor: Descriptor;
  /** Milliseconds since the epoch; undefined if that is not said. */
  readonly created: number | undefined;
}

/** What a cache is to be; undefined for nothing at all. */
export interface CacheChange {
  readonly cache: ExportedCache;
  readonly config: CacheConfig | undefined;
}

/** What changes came to. */
export interface CacheChanges {
  /** Names of caches that are as they were. */
  readonly left: ReadonlySet<string>;
  /** Why something of them is still there, and the provider's own way. */
  readonly refusal: GreenError | undefined;
  /** Bytes that are free now. */
  readonly freed: number;
  /** Bytes that nothing needs any more, and that are freed later. */
  readonly later: number;
}

/**
 * Places that builders export caches to. Methods throw GreenError as a `Remote`'s do, and "busy" if a cache that is to
 * be changed is not any more what was read.
 */
export interface ExportedCaches {
  readonly kind: "registry" | "bucket";
  /** As people call it. */
  readonly name: string;
  /** Without credentials. */
  readonly url: string;
  /** All caches that are there, in the order of their names. */
  read(options?: CacheReadOptions): AsyncIterable<ExportedCache>;
  /** A layer's bytes, as they come. */
  content(layer: ExportedLayer, options?: RequestOptions): AsyncIterable<Uint8Array>;
  /** Writes caches anew, or removes them, and what only they needed. */
  change(changes: readonly CacheChange[], options?: RequestOptions): Promise<CacheChanges>;
  close(): Promise<void>;
}

export interface CacheReadOptions extends RequestOptions {
  /** Told of caches that cannot be read; they are passed over. Default: thrown. */
  readonly onUnreadable?: ((name: string, problem: GreenError) => void) | undefined;
}
