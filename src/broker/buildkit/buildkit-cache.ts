// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../../error.ts";
import type { UnitKey } from "../../unit/digest.ts";
import type { UnitIdentity } from "../../unit/record.ts";

/** Something that BuildKit keeps. */
export interface CachedThing {
  /** Names it among the others. */
  readonly id: string;
  /** Equal where bytes are kept once for several: in caches that share blobs. */
  readonly content: string;
  /** Bytes as they are kept: on a builder's disk, or compressed. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** Undefined if it was not used again, or nobody knows. */
  readonly used: number | undefined;
  /** Something that runs needs it: it cannot be removed now. */
  readonly inUse: boolean;
  /** The exported cache that it is in; undefined on a builder. */
  readonly cache: string | undefined;
}

/** The result of a unit. */
export interface CachedUnit extends CachedThing {
  readonly identity: UnitIdentity;
  /** Keys of the units in the local store that it may be the result of; none if there is none. */
  readonly keys: readonly UnitKey[];
  /** As the local store has it; undefined if that has no such unit. */
  readonly privacy: "public" | "private" | undefined;
  /** Its environment and command, joined by spaces; undefined if that is not kept. */
  readonly command: string | undefined;
}

/** Sources that were sent for units. */
export interface CachedSource extends CachedThing {
  readonly name: string;
}

/** All that is kept somewhere. */
export interface CacheContent {
  readonly units: readonly CachedUnit[];
  readonly sources: readonly CachedSource[];
  /** What is kept for others, or for nobody knows what: it is never removed. */
  readonly others: readonly CachedThing[];
}

/** What became of things that were to be removed. */
export interface CacheRemoval {
  readonly removed: ReadonlySet<string>;
  /** Bytes that are free now. */
  readonly freed: number;
  /** Bytes that nothing needs any more, and that are freed later: in a registry, when it collects its garbage. */
  readonly later: number;
  /** Why something is left, where more than that it is in use is to be said. */
  readonly refusal: GreenError | undefined;
}

export interface CacheReadOptions {
  readonly signal: AbortSignal;
  /** Told of exported caches that cannot be read; they are passed over. */
  readonly onUnreadable: (name: string, problem: GreenError) => void;
}

/** A builder, or a place that builders export caches to. Throws GreenError with `name` as `side`. */
export interface BuildKitCache {
  /** As a user knows it. */
  readonly name: string;
  /** A builder, a repository or layout with a cache for each tag, or a part of a bucket. */
  readonly kind: "builder" | "registry" | "bucket";
  read(options: CacheReadOptions): Promise<CacheContent>;
  /** Removes what `read` has told of. What cannot be removed stays; the rest goes. */
  remove(things: readonly CachedThing[], signal: AbortSignal): Promise<CacheRemoval>;
  close(): Promise<void>;
}
