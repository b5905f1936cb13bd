// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** Reads little-endian numbers and texts behind their lengths; undefined, now and from then on, where bytes are missing. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number | undefined {
    const at = this.#take(1);
    return at === undefined ? undefined : this.#bytes.readUInt8(at);
  }

  u32(): number | undefined {
    const at = this.#take(4);
    return at === undefined ? undefined : this.#bytes.readUInt32LE(at);
  }

  u64(): bigint | undefined {
    const at = this.#take(8);
    return at === undefined ? undefined : this.#bytes.readBigUInt64LE(at);
  }

  /** latin1 of the bytes */
  text(): string | undefined {
    const length = this.u32();
    const at = length === undefined ? undefined : this.#take(length);
    return at === undefined ? undefined : this.#bytes.toString("latin1", at, this.#at);
  }

  /** A byte 0, or a byte 1 and what `read` reads. */
  option<T>(read: () => T): T | undefined {
    const present = this.u8();
    if (present === 1) return read();
    if (present !== 0) this.#failed = true;
    return undefined;
  }

  /** Behind its length; undefined if one is. */
  list<T>(read: () => T | undefined): readonly T[] | undefined {
    const length = this.u32();
    const items: T[] = [];
    while (length !== undefined && items.length < length) {
      const item = read();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return length === undefined ? undefined : items;
  }

  /** All was read, and nothing was missing. */
  isAtEnd(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  #take(count: number): number | undefined {
    const at = this.#at;
    if (this.#failed || at + count > this.#bytes.length) {
      this.#failed = true;
      return undefined;
    }
    this.#at += count;
    return at;
  }
}

/** Writes what `ByteReader` reads. */
export class ByteWriter {
  readonly #parts: Buffer[] = [];

  u8(value: number): this {
    this.#parts.push(Buffer.of(value));
    return this;
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32LE(value);
    this.#parts.push(part);
    return this;
  }

  u64(value: bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigUInt64LE(value);
    this.#parts.push(part);
    return this;
  }

  /** latin1 of the bytes */
  text(text: string): this {
    if (/[^\0-\xff]/.test(text))
      throw new GreenError("internal", `"${text}" is not a latin1 string of bytes`);
    this.u32(text.length);
    this.#parts.push(Buffer.from(text, "latin1"));
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}
