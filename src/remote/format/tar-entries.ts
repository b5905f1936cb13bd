// SPDX-License-Identifier: MIT OR Apache-2.0
import { parseTarHeader, TAR_BLOCK, tarPadding } from "../tar-header.ts";
import { type Extended, isAboutAll, isMeta, MAX_META_BYTES, parseMeta } from "../tar-meta.ts";

/** An entry of an archive in memory. */
export interface TarEntry {
  readonly name: string;
  /** One character; `0` for a file, `5` for a directory. */
  readonly type: string;
  /** Mostly no copy: as long as it is held, so is the piece that it is a part of. */
  readonly content: Buffer;
}

/**
 * The entries of a tar archive that comes in pieces. It ends where the pieces do, or at the empty block that says so.
 * What is no archive is told to `refuse`.
 */
export async function* tarEntries(
  pieces: AsyncIterable<Buffer>,
  refuse: (reason: string) => never,
): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(pieces[Symbol.asyncIterator]());
  const take = async (size: number) => (await bytes.take(size)) ?? refuse("ends too early");
  let extended: Extended = {};
  try {
    for (;;) {
      const block = await bytes.take(TAR_BLOCK);
      if (block === undefined || block.every((byte) => byte === 0)) return;
      const header = parseTarHeader(block) ?? refuse("is no tar file");
      const { type } = header;
      const size = isMeta(header) ? header.size : (extended.size ?? header.size);
      if (isMeta(header) && size > MAX_META_BYTES) refuse("has too long a name");
      const content = await take(size);
      await take(tarPadding(size));
      if (isMeta(header)) {
        const found = parseMeta(header, content);
        if (found === undefined || isAboutAll(header, found))
          return refuse("has a header that is not understood");
        extended = { ...extended, ...found };
      } else {
        const name = extended.name ?? header.name;
        // As archives before ustar have directories.
        yield { name, type: type === "0" && name.endsWith("/") ? "5" : type, content };
        extended = {};
      }
    }
  } finally {
    await bytes.leave();
  }
}

/** Pieces as one row of bytes, taken from the front. */
class Bytes {
  readonly #pieces: AsyncIterator<Buffer>;
  #first: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterator<Buffer>) {
    this.#pieces = pieces;
  }

  /** Undefined if there are not so many left. */
  async take(size: number): Promise<Buffer | undefined> {
    if (this.#first.length < size && !(await this.#gather(size))) return undefined;
    const taken = this.#first.subarray(0, size);
    this.#first = this.#first.subarray(size);
    return taken;
  }

  async #gather(size: number): Promise<boolean> {
    const parts = [this.#first];
    let length = this.#first.length;
    while (length < size) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      parts.push(next.value);
      length += next.value.length;
    }
    const some = parts.filter((part) => part.length > 0);
    this.#first = some.length === 1 && some[0] !== undefined ? some[0] : Buffer.concat(some, length);
    return true;
  }

  async leave(): Promise<void> {
    await this.#pieces.return?.();
  }
}
