// SPDX-License-Identifier: MIT OR Apache-2.0
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GreenError } from "../../error.ts";
import { createLimiter } from "../../limiter.ts";
import { digestOf } from "../../unit/digest.ts";
import type { BucketAddress } from "../address.ts";
import { type Descriptor, isOciDigest, type OciDigest, toOci } from "../descriptor.ts";
import { checkSendable, MAX_MANIFEST_BYTES } from "../limits.ts";
import { isObject } from "../manifest-links.ts";
import { checkedReference, isTag } from "../reference.ts";
import {
  type BlobOutcome,
  type BlobSource,
  DEFAULT_PAGE,
  type NewManifest,
  type PushBlobOptions,
  type Remote,
  type RequestOptions,
  type StoredManifest,
  type TagOptions,
} from "../remote.ts";
import { verified } from "../verified.ts";
import { Bucket, type CallOptions } from "./bucket.ts";
import type { BucketOptions } from "./bucket-client.ts";
import { isNoSuchKey } from "./bucket-error.ts";
import { type BucketKeys, bucketKeys } from "./bucket-keys.ts";
import { type Download, download } from "./download.ts";
import { listPage } from "./list-keys.ts";
import { FOREVER, LARGE_AT_ONCE, uploadBlob } from "./upload-blob.ts";

export interface S3RemoteOptions extends BucketOptions {
  /** Gives up a question after this many milliseconds without an answer; sending is not limited. */
  readonly firstByteMs?: number | undefined;
}

/** As the header that registries answer with: a server in front of the bucket can make that of it. */
const DIGEST_FIELD = "docker-content-digest";

/** Behind the last digest among the keys of manifests, and before the tags that come after them. */
const AFTER_DIGESTS = "sha256;";

/** A remote that is a bucket, or a part of it. */
export class S3Remote implements Remote {
  readonly name: string;
  readonly url: string;
  readonly repository = undefined;
  readonly #bucket: Bucket;
  readonly #keys: BucketKeys;
  readonly #firstByteMs: number | undefined;
  readonly #large = createLimiter(LARGE_AT_ONCE);
  #pinged: Promise<unknown> | undefined;

  constructor(name: string, address: BucketAddress, options: S3RemoteOptions) {
    this.name = name;
    this.url = address.url;
    this.#bucket = new Bucket(name, address, options);
    this.#keys = bucketKeys(address.prefix);
    this.#firstByteMs = options.firstByteMs;
  }

  async manifest(reference: string, options: RequestOptions = {}): Promise<StoredManifest | undefined> {
    checkedReference(reference, this.name);
    const key = this.#keys.manifest(reference);
    const found = await download(this.#bucket, key, this.#asking(options));
    if (found === undefined) return undefined;
    if (found.size > MAX_MANIFEST_BYTES) {
      found.cancel();
      throw this.#corrupt(`The manifest "${reference}" has ${found.size} bytes`);
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of found.pieces()) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const digest = toOci(digestOf(bytes));
    const expected = isOciDigest(reference) ? reference : (found.metadata[DIGEST_FIELD] ?? digest);
    if (digest !== expected) throw this.#corrupt(`The bytes for ${expected} are others: they are ${digest}`);
    const mediaType = mediaTypeOf(found, bytes);
    if (mediaType === undefined) {
      throw new GreenError("protocol", `What is kept as "${reference}" is no manifest`, {
        side: this.name,
        hint: "check the address, and that the endpoint is an S3 server",
      });
    }
    return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
  }

  async *blob(
    descriptor: Descriptor,
    options: RequestOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest, size } = descriptor;
    const found = await download(this.#bucket, this.#keys.blob(digest), this.#asking(options));
    if (found === undefined) {
      throw new GreenError("not-found", `The blob ${digest} is not there`, { side: this.name });
    }
    if (found.size !== size) {
      found.cancel();
      throw this.#corrupt(`The bytes for ${digest} are others: there are ${found.size} instead of ${size}`);
    }
    yield* verified(found.pieces(), descriptor, this.name);
  }

  async hasBlob({ digest, size }: Descriptor, options: RequestOptions = {}): Promise<boolean> {
    const found = await this.#head(this.#keys.blob(digest), this.#asking(options));
    return found?.size === size;
  }

  async *tags({
    after = "",
    page = DEFAULT_PAGE,
    signal,
  }: TagOptions = {}): AsyncGenerator<string, void, undefined> {
    let from = after;
    for (;;) {
      const options = { ...this.#asking({ signal }), after: from, page };
      const { keys, more } = await listPage(this.#bucket, this.#keys.manifests, options);
      for (const key of keys) {
        if (!isTag(key)) continue;
        signal?.throwIfAborted();
        yield key;
      }
      const last = keys.at(-1) ?? "";
      if (!more) return;
      from = isOciDigest(last) ? AFTER_DIGESTS : last;
    }
  }

  async pushBlob(source: BlobSource, options: PushBlobOptions = {}): Promise<BlobOutcome> {
    const { force = false, signal } = options;
    signal?.throwIfAborted();
    if (!force && (await this.#hasSame(source.descriptor, signal))) return "there";
    const { onSent } = options;
    const key = this.#keys.blob(source.descriptor.digest);
    await uploadBlob(this.#bucket, key, source, { signal, onSent, large: this.#large });
    return "sent";
  }

  async pushManifest(manifest: NewManifest, { signal }: RequestOptions = {}): Promise<Descriptor> {
    const { mediaType, bytes, tag } = manifest;
    if (tag !== undefined) checkedReference(tag, this.name);
    checkSendable(bytes, this.name);
    const digest = toOci(digestOf(bytes));
    const put = (key: string, cacheControl: string) =>
      this.#put(key, bytes, { mediaType, digest, cacheControl, signal });
    await Promise.all([
      put(this.#keys.manifest(digest), FOREVER),
      ...(tag === undefined ? [] : [this.#put(this.#keys.mark(digest, tag), new Uint8Array(), { signal })]),
      this.#ping(signal),
    ]);
    // The tag last: what it leads to, and what finds it, are there.
    if (tag !== undefined) await put(this.#keys.manifest(tag), "no-cache");
    return { mediaType, digest, size: bytes.byteLength };
  }

  async removeManifest(digest: OciDigest, { signal }: RequestOptions = {}): Promise<void> {
    const prefix = this.#keys.marks(digest);
    for (let after = ""; ; ) {
      const { keys, more } = await listPage(this.#bucket, prefix, { signal, after });
      await Promise.all(keys.filter(isTag).map((tag) => this.#removeTag(digest, tag, signal)));
      if (!more) break;
      after = keys.at(-1) ?? "";
    }
    await this.#delete(this.#keys.manifest(digest), signal);
  }

  close(): Promise<void> {
    return this.#bucket.close();
  }

  #asking({ signal }: RequestOptions): CallOptions {
    return { signal, budgetMs: this.#firstByteMs };
  }

  async #hasSame({ digest, size }: Descriptor, signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#head(this.#keys.blob(digest), { signal }))?.size === size;
  }

  /** A tag that was moved to another manifest meanwhile stays. */
  async #removeTag(digest: OciDigest, tag: string, signal: AbortSignal | undefined): Promise<void> {
    const key = this.#keys.manifest(tag);
    if ((await this.#head(key, { signal }))?.digest === digest) await this.#delete(key, signal);
    await this.#delete(this.#keys.mark(digest, tag), signal);
  }

  /** Only other clients look for it, so it does not matter if it cannot be stored. */
  #ping(signal: AbortSignal | undefined): Promise<unknown> {
    this.#pinged ??= this.#put(this.#keys.ping, new Uint8Array(), {
      mediaType: "application/json",
      signal,
    }).catch(() => {});
    return this.#pinged;
  }

  async #head(key: string, options: CallOptions) {
    const missing = { size: undefined, digest: undefined };
    return this.#bucket.call(
      async (client, abortSignal) => {
        const command = new HeadObjectCommand({ Bucket: this.#bucket.name, Key: key });
        const { ContentLength: size, Metadata: metadata } = await client.send(command, { abortSignal });
        return { size, digest: metadata?.[DIGEST_FIELD] };
      },
      options,
      (thrown) => (isNoSuchKey(thrown) ? missing : undefined),
    );
  }

  async #put(
    key: string,
    bytes: Uint8Array,
    options: {
      readonly mediaType?: string;
      readonly digest?: OciDigest;
      readonly cacheControl?: string;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    const { mediaType, digest, cacheControl, signal } = options;
    const command = new PutObjectCommand({
      ...{ Bucket: this.#bucket.name, Key: key, Body: bytes, ContentLength: bytes.byteLength },
      ...(mediaType === undefined ? {} : { ContentType: mediaType }),
      ...(digest === undefined ? {} : { Metadata: { [DIGEST_FIELD]: digest } }),
      ...(cacheControl === undefined ? {} : { CacheControl: cacheControl }),
    });
    await this.#bucket.call((client, abortSignal) => client.send(command, { abortSignal }), { signal });
  }

  async #delete(key: string, signal: AbortSignal | undefined): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket.name, Key: key });
    await this.#bucket.call<unknown>(
      (client, abortSignal) => client.send(command, { abortSignal }),
      { signal },
      (thrown) => (isNoSuchKey(thrown) ? "gone" : undefined),
    );
  }

  #corrupt(message: string): GreenError {
    return new GreenError("corrupt", message, { side: this.name });
  }
}

/** As it was stored; where a copy of the bucket lost that, as the manifest itself says. Undefined if it is none. */
function mediaTypeOf({ contentType }: Download, bytes: Uint8Array): string | undefined {
  if (contentType !== undefined && /^application\/vnd\./.test(contentType)) return contentType;
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    const own = isObject(document) ? document["mediaType"] : undefined;
    return typeof own === "string" ? own : undefined;
  } catch {
    return undefined;
  }
}
