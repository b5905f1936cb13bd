// SPDX-License-Identifier: MIT OR Apache-2.0
import type { BigIntStats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { fromFiles, isMissing } from "./file-error.ts";
import { type LayoutFile, type LayoutFiles, PIECE_BYTES } from "./layout-files.ts";
import { readTarIndex, type TarEntry } from "./tar-index.ts";

/** An archive that was opened. */
interface OpenArchive {
  readonly handle: FileHandle;
  readonly entries: ReadonlyMap<string, TarEntry>;
  readonly stamp: string;
}

/** A layout that is a tar file, read where it is. If another takes its name meanwhile, the old one is read on. */
export class ArchiveFiles implements LayoutFiles {
  readonly #path: string;
  readonly #side: string;
  #opened: Promise<OpenArchive | undefined> | undefined;

  constructor(path: string, side: string) {
    this.#path = path;
    this.#side = side;
  }

  async open(name: string): Promise<LayoutFile | undefined> {
    const archive = await this.#open();
    const entry = archive?.entries.get(name);
    if (archive === undefined || entry === undefined) return undefined;
    return {
      size: entry.size,
      pieces: () => this.#pieces(archive.handle, entry),
      close: () => Promise.resolve(),
    };
  }

  async stamp(name: string): Promise<string | undefined> {
    const entry = (await this.#open())?.entries.get(name);
    return entry === undefined ? undefined : `${entry.at} ${entry.size}`;
  }

  /** Names and sizes of all files in it. */
  async list(): Promise<ReadonlyMap<string, TarEntry>> {
    return (await this.#open())?.entries ?? new Map();
  }

  /** Which file is read; undefined if it was not there. */
  async opened(): Promise<string | undefined> {
    return (await this.#open())?.stamp;
  }

  /** Which file has the name now; undefined if it is not there. */
  async current(): Promise<string | undefined> {
    try {
      return stampOf(await stat(this.#path, { bigint: true }));
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw fromFiles(thrown, this.#path, this.#side);
    }
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.then((archive) => archive?.handle.close()).catch(() => {});
  }

  /** Looked for again as long as it is not there. */
  async #open(): Promise<OpenArchive | undefined> {
    this.#opened ??= this.#openNow();
    const opened = await this.#opened.catch((thrown: unknown) => {
      this.#opened = undefined;
      throw thrown;
    });
    if (opened === undefined) this.#opened = undefined;
    return opened;
  }

  async #openNow(): Promise<OpenArchive | undefined> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(this.#path, "r");
      const stamp = stampOf(await handle.stat({ bigint: true }));
      return { handle, stamp, entries: await readTarIndex(handle, this.#side) };
    } catch (thrown) {
      await handle?.close();
      if (isMissing(thrown)) return undefined;
      throw fromFiles(thrown, this.#path, this.#side);
    }
  }

  async *#pieces(handle: FileHandle, { at, size }: TarEntry): AsyncGenerator<Uint8Array, void, undefined> {
    for (let done = 0; done < size; ) {
      const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, size - done));
      const { bytesRead } = await handle.read(piece, 0, piece.length, at + done).catch((thrown: unknown) => {
        throw fromFiles(thrown, this.#path, this.#side);
      });
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      done += bytesRead;
    }
  }
}

function stampOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(" ");
}
