// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Content by digest, in a directory of this machine. */
export interface ContentStore {
  /** Bytes; undefined if it is not there. */
  sizeOf(digest: string): Promise<number | undefined>;
  read(digest: string, offset: number, length: number): AsyncIterable<Uint8Array>;
  begin(): Promise<ContentWriter>;
}

/** Something that is being stored. */
export interface ContentWriter {
  write(data: Uint8Array): Promise<void>;
  /** Lets it be found; its digest. Throws if it is not what was expected. */
  commit(expected: string): Promise<string>;
  /** Removes what was not committed. */
  close(): Promise<void>;
}

/** 1 MiB is read at once. */
const PIECE_BYTES = 1024 * 1024;
const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** Where layouts of ours have files that have no name yet (`src/remote/layout/README.md`). */
const ASIDE = join(".cargo-green", "new");

/** The blobs of an OCI layout: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md */
export function contentDirectory(directory: string): ContentStore {
  const blobs = join(directory, "blobs", "sha256");
  const pathOf = (digest: string) => {
    const [, hex] = DIGEST.exec(digest) ?? [];
    return hex === undefined ? undefined : join(blobs, hex);
  };
  return {
    async sizeOf(digest) {
      const path = pathOf(digest);
      const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
      return found?.isFile() === true ? found.size : undefined;
    },
    async *read(digest, offset, length) {
      const path = pathOf(digest);
      if (path === undefined) throw new Error(`"${digest}" is no digest`);
      const file = await open(path);
      try {
        yield* pieces(file, offset, length);
      } finally {
        await file.close();
      }
    },
    async begin() {
      const aside = join(directory, ASIDE);
      await Promise.all([mkdir(blobs, { recursive: true }), mkdir(aside, { recursive: true })]);
      const temporary = join(aside, randomUUID());
      return writer(await open(temporary, "wx"), temporary, pathOf);
    },
  };
}

/** All that follows, if no length is given. */
async function* pieces(file: FileHandle, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const end = length === 0 ? Number.POSITIVE_INFINITY : offset + length;
  for (let at = offset; at < end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function writer(
  file: FileHandle,
  temporary: string,
  pathOf: (digest: string) => string | undefined,
): ContentWriter {
  const sha256 = createHash("sha256");
  let isOpen = true;
  const end = async () => {
    if (!isOpen) return;
    isOpen = false;
    await file.close();
  };
  return {
    async write(data) {
      sha256.update(data);
      await file.writeFile(data);
    },
    async commit(expected) {
      const digest = `sha256:${sha256.digest("hex")}`;
      const path = pathOf(digest);
      if (path === undefined || (expected !== "" && expected !== digest)) {
        throw new Error(`the bytes for ${expected} are others: they are ${digest}`);
      }
      await file.sync();
      await end();
      await rename(temporary, path);
      return digest;
    },
    async close() {
      await end();
      await rm(temporary, { force: true });
    },
  };
}
