// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { fromFiles } from "./file-error.ts";

/** Nobody changes what is named by its digest. */
const READ_ONLY = 0o444;
const READ_WRITE = 0o644;

/** A file that is written, and has no name that anybody looks for. */
export interface WrittenFile {
  /** Gives it its name, in place of what has it. */
  moveTo(path: string): Promise<void>;
  /** Nothing happens if it was moved. */
  discard(): Promise<void>;
}

export interface PutOptions {
  /** Where files without a name are; on the same file system as where they go. */
  readonly directory: string;
  readonly readOnly: boolean;
  /** False: it need not be on the disk, as it will not be kept. */
  readonly durable: boolean;
  readonly side: string;
}

/** Writes all pieces to a new file. If they throw, nothing is left, and what they threw is thrown. */
export async function writeFileAside(
  pieces: AsyncIterable<Uint8Array>,
  { directory, readOnly, durable, side }: PutOptions,
): Promise<WrittenFile> {
  const path = join(directory, randomUUID());
  const attempt = <T>(operation: Promise<T>): Promise<T> =>
    operation.catch((thrown: unknown) => {
      throw fromFiles(thrown, path, side);
    });
  const discard = () => unlink(path).catch(() => {});
  const handle = await attempt(open(path, "wx", READ_WRITE));
  try {
    for await (const piece of pieces) await attempt(writeAll(handle, piece));
    if (readOnly) await attempt(handle.chmod(READ_ONLY));
    if (durable) await attempt(handle.sync());
  } catch (thrown) {
    await discard();
    throw thrown;
  } finally {
    await handle.close();
  }
  return { moveTo: (destination) => attempt(rename(path, destination)), discard };
}

async function writeAll(handle: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.byteLength; ) {
    const { bytesWritten } = await handle.write(piece, at);
    at += bytesWritten;
  }
}

/** One piece, as what is asked for pieces. */
export async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
