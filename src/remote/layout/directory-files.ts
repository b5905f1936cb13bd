// SPDX-License-Identifier: MIT OR Apache-2.0
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { GreenError } from "../../error.ts";
import { fromFiles, isMissing } from "./file-error.ts";
import { type LayoutFile, type LayoutFiles, PIECE_BYTES } from "./layout-files.ts";

/** A layout that is a directory. */
export class DirectoryFiles implements LayoutFiles {
  readonly #root: string;
  readonly #side: string;

  constructor(root: string, side: string) {
    this.#root = root;
    this.#side = side;
  }

  async open(name: string): Promise<LayoutFile | undefined> {
    const path = join(this.#root, name);
    try {
      // Does not wait for the other end, should it be a pipe.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const { size } = await this.#regular(handle, path);
      return { size, pieces: () => this.#pieces(handle, path), close: () => handle.close() };
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw fromFiles(thrown, path, this.#side);
    }
  }

  async stamp(name: string): Promise<string | undefined> {
    const path = join(this.#root, name);
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw fromFiles(thrown, path, this.#side);
    }
  }

  async #regular(handle: FileHandle, path: string) {
    const stats = await handle.stat();
    if (stats.isFile()) return stats;
    await handle.close();
    throw new GreenError("protocol", `"${path}" is no file`, { side: this.#side, hint: "look what it is" });
  }

  async *#pieces(handle: FileHandle, path: string): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
        const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES);
        if (bytesRead === 0) return;
        yield piece.subarray(0, bytesRead);
      }
    } catch (thrown) {
      throw fromFiles(thrown, path, this.#side);
    } finally {
      await handle.close();
    }
  }
}
