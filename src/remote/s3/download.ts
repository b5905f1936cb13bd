// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { GetObjectCommand, type GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { GreenError } from "../../error.ts";
import { unlessSilent } from "../unless-silent.ts";
import type { Bucket, CallOptions } from "./bucket.ts";
import { isNoSuchKey, isNoSuchRange } from "./bucket-error.ts";

/** How often in a row a connection may break without having brought anything. */
const MAX_BARREN = 4;
/** Before the first of those; twice as long before each further one. */
const FIRST_PAUSE_MS = 200;

/** An object's bytes, and what is said of them. */
export interface Download {
  readonly contentType: string | undefined;
  /** Bytes. */
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Goes on by itself where a connection broke. To be asked for once. */
  pieces(): AsyncIterable<Uint8Array>;
  /** For who does not want the pieces. */
  cancel(): void;
}

/** Begins to read an object; undefined if it is not there. */
export async function download(
  bucket: Bucket,
  key: string,
  options: CallOptions,
): Promise<Download | undefined> {
  const answer = await get(bucket, key, 0, options);
  if (answer === "missing") return undefined;
  const { ContentLength: size, ContentType: contentType, Metadata: metadata = {} } = answer;
  const body = bodyOf(answer);
  if (size === undefined) {
    body.destroy();
    throw new GreenError("protocol", "It does not say how large an object is", { side: bucket.side });
  }
  return {
    ...{ contentType, size, metadata },
    pieces: () => resumed(bucket, key, body, size, options),
    cancel: () => body.destroy(),
  };
}

async function* resumed(
  bucket: Bucket,
  key: string,
  first: Readable,
  size: number,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, budgetMs } = options;
  let body = first;
  let seen = 0;
  for (let barren = 0; ; barren++) {
    const before = seen;
    let broken: unknown;
    const abort = () => body.destroy(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const current = body;
      const stopped = () => bucket.stopped(budgetMs ?? 0);
      const patient: AsyncIterable<Uint8Array> =
        budgetMs === undefined ? body : unlessSilent(body, budgetMs, stopped, () => current.destroy());
      for await (const piece of patient) {
        signal?.throwIfAborted();
        seen += piece.byteLength;
        yield piece;
      }
      // Whether that was all is for who knows the digest.
      if (seen >= size) return;
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof GreenError) throw thrown;
      broken = thrown;
    } finally {
      signal?.removeEventListener("abort", abort);
      body.destroy();
    }
    if (seen > before) barren = 0;
    if (barren >= MAX_BARREN) throw broken === undefined ? cutShort(bucket.side) : bucket.error(broken);
    await pause(FIRST_PAUSE_MS * 2 ** barren * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    const answer = await get(bucket, key, seen, options);
    if (answer === "missing") throw gone(bucket.side);
    body = bodyOf(answer);
    // Who does not know ranges begins again at the beginning.
    if (seen > 0 && answer.ContentRange === undefined) body = skipped(body, seen);
  }
}

function get(
  bucket: Bucket,
  key: string,
  from: number,
  options: CallOptions,
): Promise<GetObjectCommandOutput | "missing"> {
  return bucket.call<GetObjectCommandOutput | "missing">(
    (client, abortSignal) =>
      client.send(
        new GetObjectCommand({
          ...{ Bucket: bucket.name, Key: key },
          ...(from === 0 ? {} : { Range: `bytes=${from}-` }),
        }),
        { abortSignal },
      ),
    options,
    (thrown) => (isNoSuchKey(thrown) || (from > 0 && isNoSuchRange(thrown)) ? "missing" : undefined),
  );
}

function bodyOf({ Body: body }: GetObjectCommandOutput): Readable {
  // Node's client has no other kind.
  return body instanceof Readable ? body : Readable.from([]);
}

function skipped(body: Readable, bytes: number): Readable {
  async function* rest(): AsyncGenerator<Uint8Array, void, undefined> {
    let left = bytes;
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      if (left < piece.byteLength) yield piece.subarray(left);
      left = Math.max(0, left - piece.byteLength);
    }
  }
  return Readable.from(rest(), { objectMode: false });
}

function cutShort(side: string): GreenError {
  return new GreenError("unreachable", "The connection ends too early, again and again", {
    ...{ side, retryable: true },
    hint: "look at the network, and at proxies in between",
  });
}

function gone(side: string): GreenError {
  return new GreenError("corrupt", "An object changed while it was read", { side, retryable: true });
}
