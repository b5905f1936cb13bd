// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { createLimiter, type Limiter } from "../../limiter.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { Descriptor } from "../descriptor.ts";
import type { BlobOutcome, BlobSource, PushBlobOptions } from "../remote.ts";
import { CheckedSource } from "./checked-source.ts";
import type { RegistrySession } from "./registry-session.ts";
import { withRetries } from "./retry.ts";
import { OCTETS, type Sending, sendChunks } from "./send-chunks.ts";
import {
  askUpload,
  cancelUpload,
  closingUrl,
  lost,
  startedUpload,
  startUpload,
  type Upload,
} from "./upload-session.ts";

export interface UploadLimits {
  /** Blobs that are sent at once. */
  readonly concurrency: number;
  /** Up to this many bytes a blob is sent by one request. */
  readonly wholeBytes: number;
  /** Larger ones are sent in chunks of this many. */
  readonly chunkBytes: number;
}

/** Six connections fill what we have; 100 MB is what some proxies let through in one request. */
export const DEFAULT_UPLOADS: UploadLimits = {
  concurrency: 6,
  wholeBytes: 64 * 1024 * 1024,
  chunkBytes: 32 * 1024 * 1024,
};

/** Sends blobs to a repository, a few at a time, without holding more than some pieces of each in memory. */
export class BlobPusher {
  readonly #session: RegistrySession;
  readonly #limits: UploadLimits;
  readonly #limit: Limiter;
  /** Repositories that nothing could be mounted from. */
  readonly #closed = new Set<string>();

  constructor(session: RegistrySession, limits: UploadLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#limit = createLimiter(limits.concurrency);
  }

  push(source: BlobSource, options: PushBlobOptions): Promise<BlobOutcome> {
    const { signal } = options;
    const pushed = this.#limit(async () => {
      signal?.throwIfAborted();
      return this.#push(source, options);
    });
    return untilAborted(pushed, signal);
  }

  async #push(source: BlobSource, options: PushBlobOptions): Promise<BlobOutcome> {
    const { descriptor } = source;
    const { mountFrom, force = false, isNews = false, signal } = options;
    const session = this.#session;
    if (isNews && !force) {
      const upload = await this.#beginNews(descriptor, signal);
      if (upload === "there") return upload;
      return this.#sendTo(upload, source, options);
    }
    if (!force && (await hasBlob(session, descriptor, "push", signal))) return "there";
    const mounts = !force && mountFrom !== undefined && mountFrom !== session.repository;
    const mounted = mounts ? await this.#mount(descriptor, mountFrom, signal) : undefined;
    if (mounted === "mounted") return mounted;
    return this.#sendTo(mounted, source, options);
  }

  async #sendTo(
    upload: Upload | undefined,
    source: BlobSource,
    { force = false, signal, onSent }: PushBlobOptions,
  ): Promise<"sent"> {
    const session = this.#session;
    const { descriptor } = source;
    const sending: Sending = {
      ...{ session, descriptor, signal, what: nameOf(descriptor) },
      source: new CheckedSource(source, session.side, onSent),
    };
    await this.#send(sending, upload, force);
    return "sent";
  }

  /** Begins an upload while it is asked whether the blob is there after all. */
  async #beginNews(descriptor: Descriptor, signal: AbortSignal | undefined): Promise<Upload | "there"> {
    const session = this.#session;
    const [there, upload] = await Promise.allSettled([
      hasBlob(session, descriptor, "push", signal),
      startUpload(session, nameOf(descriptor), signal),
    ]);
    const isWanted = there.status === "fulfilled" && !there.value;
    if (upload.status === "fulfilled" && !isWanted) cancelUpload(session, upload.value);
    if (there.status === "rejected") throw there.reason;
    if (there.value) return "there";
    if (upload.status === "rejected") throw upload.reason;
    return upload.value;
  }

  /**
   * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository
   * What cannot be mounted is sent, perhaps through the upload that the registry began instead.
   */
  async #mount(
    { digest }: Descriptor,
    from: string,
    signal: AbortSignal | undefined,
  ): Promise<"mounted" | Upload | undefined> {
    if (this.#closed.has(from)) return undefined;
    const session = this.#session;
    try {
      const response = await session.send({
        ...{ method: "POST", path: `blobs/uploads/?${new URLSearchParams({ mount: digest, from })}`, signal },
        ...{
          action: "push",
          what: `blob ${digest}`,
          from,
          headers: { "content-length": "0" },
          expected: [201, 202],
        },
      });
      if (response.status === 202) return await startedUpload(session, response);
      await response.discard();
      return "mounted";
    } catch (thrown) {
      if (!(thrown instanceof GreenError) || thrown.code === "unreachable") throw thrown;
      this.#closed.add(from);
      return undefined;
    }
  }

  /** Until it is there. What failed on the way may be there nevertheless, if only the answer was lost. */
  async #send(sending: Sending, begun: Upload | undefined, force: boolean): Promise<void> {
    const { session, descriptor, what, signal } = sending;
    const { wholeBytes, chunkBytes } = this.#limits;
    const inChunks = descriptor.size > chunkBytes;
    let way: "whole" | "chunks" = descriptor.size <= wholeBytes ? "whole" : "chunks";
    let tries = 0;
    let upload = begun;
    await withRetries(session.retries, signal, async () => {
      if (tries++ > 0 && !force && (await hasBlob(session, descriptor, "push", signal))) return DONE;
      upload ??= await startUpload(session, what, signal);
      try {
        const sent =
          way === "whole"
            ? await sendWhole(sending, upload)
            : await this.#sendInChunks(sending, upload, force);
        if (sent) return DONE;
        const error = session.error("refused", `The ${what} is too large for one request`);
        way = way === "whole" ? "chunks" : "whole";
        if (!inChunks || tries > 2) throw error;
        cancelUpload(session, upload);
        upload = undefined;
        return { kind: "again", error, waitMs: 0 };
      } catch (thrown) {
        if (upload !== undefined) cancelUpload(session, upload);
        upload = undefined;
        // What broke as a whole breaks again; of chunks only one is lost.
        if (inChunks) way = "chunks";
        throw thrown;
      }
    });
  }

  async #sendInChunks(sending: Sending, begun: Upload, force: boolean): Promise<boolean> {
    const complete = await sendChunks(sending, begun, this.#limits.chunkBytes);
    if (complete === undefined) return false;
    const { session, descriptor, what, signal } = sending;
    let upload = complete;
    let tries = 0;
    const ended = await withRetries<boolean>(session.retries, signal, async () => {
      if (tries++ > 0) {
        if (!force && (await hasBlob(session, descriptor, "push", signal)))
          return { kind: "done", value: true };
        const now = await askUpload(session, upload, what, signal).catch(lostUpload);
        if (now?.received !== descriptor.size) return { kind: "done", value: false };
        upload = now.upload;
      }
      const response = await session.sendOnce({
        ...{ method: "PUT", path: closingUrl(upload, descriptor.digest), action: "push", what, signal },
        headers: { "content-length": "0", "content-type": OCTETS },
        ...{ expected: [200, 201, 204, 404], answerMs: session.timeouts.storeMs },
      });
      await response.discard();
      return { kind: "done", value: response.status !== 404 };
    });
    if (!ended) throw lost(session, what);
    return true;
  }
}

function lostUpload(thrown: unknown): undefined {
  if (!(thrown instanceof GreenError && thrown.retryable)) throw thrown;
}

const DONE = { kind: "done", value: undefined } as const;

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put; false: too large for that. */
async function sendWhole(
  { session, source, descriptor, what, signal }: Sending,
  upload: Upload,
): Promise<boolean> {
  const { size, digest } = descriptor;
  const response = await session.sendOnce({
    ...{
      method: "PUT",
      path: closingUrl(upload, digest),
      action: "push",
      what,
      signal,
      answerMs: session.timeouts.storeMs,
    },
    headers: { "content-type": OCTETS, "content-length": String(size) },
    body: () => source.read(0, size),
    expected: [200, 201, 204, 404, 413],
  });
  await response.discard();
  if (response.status === 404) throw lost(session, what);
  return response.status !== 413;
}

/** Whether a blob is there, and of the right size as far as the registry tells. */
export async function hasBlob(
  session: RegistrySession,
  descriptor: Descriptor,
  action: "pull" | "push",
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const response = await session.send({
    ...{ method: "HEAD", path: `blobs/${descriptor.digest}`, action, what: nameOf(descriptor), signal },
    expected: [200, 404],
  });
  await response.discard();
  const size = response.header("content-length");
  return response.status === 200 && (size === undefined || Number(size) === descriptor.size);
}

function nameOf({ digest }: Descriptor): string {
  return `blob ${digest}`;
}
