// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Descriptor, OciDigest } from "./descriptor.ts";

/**
 * What every kind of remote can do, as the OCI distribution specification has it
 * (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md). Methods throw GreenError, with the
 * remote's name as `side`:
 * "denied" (credentials), "unreachable" (no connection, a time-out, or the same failure after all retries), "refused"
 * (an answer that says no: too large, no quota, deleting not supported), "corrupt" (bytes that are not what their
 * digest or size says), "protocol" (an answer that makes no sense).
 * Each of them takes a signal that ends what it does at once, by rejecting with the signal's reason.
 */
export interface RemoteReader {
  /** What a tag or digest leads to, checked against the digest; undefined if there is nothing. */
  manifest(reference: string, options?: ManifestOptions): Promise<StoredManifest | undefined>;
  /**
   * The bytes of a blob, as they come. Verified: the iteration throws "corrupt" at its end (or as soon as there is too
   * much) if they are not those of the descriptor, so nothing may be used before it has ended. Throws "not-found".
   * Resumes by itself after a broken connection.
   */
  blob(descriptor: Descriptor, options?: RequestOptions): AsyncIterable<Uint8Array>;
  /** True if the blob is there. */
  hasBlob(descriptor: Descriptor, options?: RequestOptions): Promise<boolean>;
  /** Tags in lexical order, those after `after` only; pages are fetched as they are asked for. */
  tags(options?: TagOptions): AsyncIterable<string>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ManifestOptions extends RequestOptions {
  /** The remote itself must say what it has by now: a mirror may be behind. */
  readonly isFresh?: boolean | undefined;
}

export interface TagOptions extends RequestOptions {
  /** A text that sorts before the first tag that is wanted; it need not be a tag. */
  readonly after?: string | undefined;
  /** Tags wanted at once; default DEFAULT_PAGE. A remote may give fewer. */
  readonly page?: number | undefined;
}

/** What registries give at once without being asked for less. */
export const DEFAULT_PAGE = 1000;

/** A manifest as it lies there. */
export interface StoredManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface RemoteWriter {
  /** Makes sure that a blob is there. Concurrent pushes of the same blob all succeed. */
  pushBlob(source: BlobSource, options?: PushBlobOptions): Promise<BlobOutcome>;
  /** Stores a manifest whose blobs are all there, and lets a tag, if one is given, lead to it. */
  pushManifest(manifest: NewManifest, options?: RequestOptions): Promise<Descriptor>;
}

/** `there`: it was; `mounted`: taken from another repository of the same registry; `sent`: its bytes were sent. */
export type BlobOutcome = "there" | "mounted" | "sent";

/** Bytes to be sent. They may be asked for several times, as uploads start again. */
export interface BlobSource {
  readonly descriptor: Descriptor;
  /** The bytes from an offset on. A piece is what it is until the next is asked for. */
  open(offset?: number): AsyncIterable<Uint8Array>;
}

export interface PushBlobOptions extends RequestOptions {
  /** Another repository of the same registry that may have it. */
  readonly mountFrom?: string | undefined;
  /** It will hardly be there: that is asked, but not waited for before the upload is begun. */
  readonly isNews?: boolean | undefined;
  /** Skips the question whether it is there: to replace what is damaged. */
  readonly force?: boolean | undefined;
  /** Told of bytes as they are sent. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

export interface NewManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly tag?: string | undefined;
}

/** A remote that can forget. Registries may refuse: "refused", whose hint names the provider's own way. */
export interface RemoteRemover {
  /** Removes a manifest and the tags that lead to it. Nothing happens if it is not there. */
  removeManifest(digest: OciDigest, options?: RequestOptions): Promise<void>;
}

/** One repository, bucket prefix or layout. */
export interface Remote extends RemoteReader, RemoteWriter, RemoteRemover {
  /** As people call it: its name in the settings, else its address without credentials. */
  readonly name: string;
  /** Without credentials. */
  readonly url: string;
  /** The repository, where blobs can be mounted from it; undefined elsewhere. */
  readonly repository: string | undefined;
  /** Opens so many connections for what will be asked soon; what goes wrong is heard of by who asks. */
  connect?(count: number): void;
  /** Ends connections. */
  close(): Promise<void>;
}
