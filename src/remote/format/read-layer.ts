// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import type { Header } from "tar-stream";
import { GreenError } from "../../error.ts";
import { frameByFrame } from "./frame-by-frame.ts";
import { type ExpectedFile, LayerCheck, type LayerEntry } from "./layer-check.ts";
import { ZSTD_CHUNK } from "./limits.ts";

/** What is known of a layer before it comes. */
export interface LayerLimits {
  /** What it is called in errors. */
  readonly what: string;
  /** Bytes of the tar: decompressing ends with an error beyond it. */
  readonly tarSize: number;
}

/** Told of each file that was expected; must consume `content` before it resolves. */
export type TakeFile = (path: string, content: AsyncIterable<Uint8Array>) => Promise<void>;

/**
 * Unpacks a layer of any size as it comes, with the demands of `LayerCheck`.
 * Throws GreenError "corrupt" with `what` in it, and as `take` and the source do.
 */
export async function readLayer(
  source: AsyncIterable<Uint8Array>,
  expected: ReadonlyMap<string, ExpectedFile>,
  { what, tarSize }: LayerLimits,
  take: TakeFile,
): Promise<void> {
  const check = new LayerCheck(what, expected);
  const { extract } = await import("tar-stream");
  const archive = extract();
  const bounded = async function* (chunks: AsyncIterable<Uint8Array>) {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > tarSize) check.refuse("is larger than it says");
      yield chunk;
    }
  };
  let failure: { readonly thrown: unknown } | undefined;
  const fail = (thrown: unknown): never => {
    failure = { thrown };
    throw thrown;
  };
  const unpacked = pipeline(
    Readable.from(frameByFrame(watched(source, fail))),
    createZstdDecompress({ chunkSize: ZSTD_CHUNK }),
    bounded,
    archive,
  );
  unpacked.catch(() => {}); // told below
  try {
    for await (const entry of archive) {
      const known = check.enter(asLayerEntry(entry.header));
      if (known !== undefined) await take(entry.header.name, entry as AsyncIterable<Uint8Array>);
      entry.resume();
    }
    await unpacked;
  } catch (thrown) {
    archive.destroy();
    await unpacked.catch(() => {});
    if (failure !== undefined) throw failure.thrown;
    throw isForeign(thrown) ? new GreenError("corrupt", `${what} is damaged: ${thrown.message}`) : thrown;
  }
  check.end();
}

/** Tells what a source throws from what is thrown at it: a pipeline that breaks throws its error into all parts. */
async function* watched(
  source: AsyncIterable<Uint8Array>,
  fail: (thrown: unknown) => never,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch(fail);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function asLayerEntry({ name, type, size = 0, linkname }: Header): LayerEntry {
  const kind = type === "file" || type === "directory" ? type : "other";
  return { name, kind: linkname ? "other" : kind, size };
}

/** What a damaged archive makes tar-stream and zlib throw; what our own callers throw passes as it is. */
function isForeign(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error) || thrown instanceof GreenError) return false;
  return /^(?:undefined|ZSTD_.*|Z_.*|ERR_STREAM_PREMATURE_CLOSE)$/.test(String(Reflect.get(thrown, "code")));
}
