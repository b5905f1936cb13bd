// SPDX-License-Identifier: MIT OR Apache-2.0
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { GreenError } from "../../error.ts";
import { MAX_ENTRIES, ZSTD_CHUNK } from "./limits.ts";

/** What a layer is known to hold, by path. */
export interface ExpectedFile {
  /** Bytes; undefined where that is not known before. */
  readonly size: number | undefined;
}

/** What is known of a layer before it comes. */
export interface LayerLimits {
  /** What it is called in errors. */
  readonly what: string;
  /** Bytes of the tar: decompressing ends with an error beyond it. */
  readonly tarSize: number;
  /**
   * Unpack it into one piece of memory of that size, as it comes: pieces of a file lie there one behind the other
   * (see `joined`), so that files that are kept need no copy. Default: into a mebibyte at a time.
   */
  readonly inMemory?: boolean;
}

/** Told of each file that was expected; must consume `content` before it resolves. */
export type TakeFile = (path: string, content: AsyncIterable<Uint8Array>) => Promise<void>;

/**
 * Unpacks a layer that comes from elsewhere: what is expected, each file once and of the size that is expected of it,
 * all of them. Other files are passed over, as a layer outlives units that were in it; so no path is ever made of what
 * the archive says. Links, devices and paths that lead upwards or from the root are in no layer of ours.
 * Throws GreenError "corrupt" with `what` in it, and as `take` and the source do.
 */
export async function readLayer(
  source: AsyncIterable<Uint8Array>,
  expected: ReadonlyMap<string, ExpectedFile>,
  { what, tarSize, inMemory = false }: LayerLimits,
  take: TakeFile,
): Promise<void> {
  const refuse = (reason: string): never => {
    throw new GreenError("corrupt", `${what} ${reason}`);
  };
  const archive = extract();
  const bounded = async function* (chunks: AsyncIterable<Uint8Array>) {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > tarSize) refuse("is larger than it says");
      yield chunk;
    }
  };
  let failure: { readonly thrown: unknown } | undefined;
  const fail = (thrown: unknown): never => {
    failure = { thrown };
    throw thrown;
  };
  const unpacked = pipeline(
    Readable.from(watched(source, fail)),
    // A byte more than the tar has: zlib takes more memory whenever all is used.
    createZstdDecompress({ chunkSize: inMemory ? tarSize + 1 : ZSTD_CHUNK }),
    bounded,
    archive,
  );
  unpacked.catch(() => {}); // told below
  const seen = new Set<string>();
  try {
    for await (const entry of archive) {
      const { name, type, size } = entry.header;
      if (seen.size >= MAX_ENTRIES) refuse("has too many files");
      if (!isBelow(name)) refuse(`has a file outside of it: "${printable(name)}"`);
      if (seen.has(name)) refuse(`has "${printable(name)}" twice`);
      seen.add(name);
      if (!isOrdinary(entry.header)) refuse(`has something else than a file at "${printable(name)}"`);
      const known = expected.get(name);
      if (known?.size !== undefined && type === "file" && size !== known.size)
        refuse(`has "${printable(name)}" of another size`);
      if (known !== undefined && type === "file") await take(name, entry as AsyncIterable<Uint8Array>);
      entry.resume();
    }
    await unpacked;
  } catch (thrown) {
    archive.destroy();
    await unpacked.catch(() => {});
    if (failure !== undefined) throw failure.thrown;
    throw isForeign(thrown) ? new GreenError("corrupt", `${what} is damaged: ${thrown.message}`) : thrown;
  }
  for (const name of expected.keys()) if (!seen.has(name)) refuse("lacks files that its records name");
}

function isBelow(name: string): boolean {
  return name
    .replace(/\/$/, "")
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== "..");
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

/** Links, devices, sparse files and the like never are. */
function isOrdinary({ type, name, linkname }: Header): boolean {
  return (type === "file" || (type === "directory" && name.endsWith("/"))) && !linkname;
}

/** What a damaged archive makes tar-stream and zlib throw; what our own callers throw passes as it is. */
function isForeign(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error) || thrown instanceof GreenError) return false;
  return /^(?:undefined|ZSTD_.*|Z_.*|ERR_STREAM_PREMATURE_CLOSE)$/.test(String(Reflect.get(thrown, "code")));
}

function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an archive's names may be anything
  return name.slice(0, 200).replaceAll(/[\x00-\x1f\x7f]/g, "?");
}
