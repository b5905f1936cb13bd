// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Bytes } from "./bytes.ts";
import { Unsearchable } from "./unsearchable.ts";

/** Reads numbers of a header; what lies beyond the end is refused. */
export class ByteReader {
  readonly #bytes: Bytes;
  readonly #isLittle: boolean;

  constructor(bytes: Bytes, order: "little" | "big") {
    this.#bytes = bytes;
    this.#isLittle = order === "little";
  }

  u16(at: number): number {
    const bytes = this.#at(at, 2);
    return this.#isLittle ? bytes.readUInt16LE() : bytes.readUInt16BE();
  }

  u32(at: number): number {
    const bytes = this.#at(at, 4);
    return this.#isLittle ? bytes.readUInt32LE() : bytes.readUInt32BE();
  }

  /** Numbers of files and of what is in them: more than a double holds exactly is refused. */
  u64(at: number): number {
    const bytes = this.#at(at, 8);
    const value = this.#isLittle ? bytes.readBigUInt64LE() : bytes.readBigUInt64BE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Unsearchable("a size is out of range");
    return Number(value);
  }

  /** `length` bytes, of which there are few. */
  slice(at: number, length: number): Buffer {
    return this.#at(at, length);
  }

  /** `length` bytes, of which there may be many. */
  part(at: number, length: number): Bytes {
    this.#check(at, length);
    return this.#bytes.part(at, at + length);
  }

  #at(at: number, length: number): Buffer {
    this.#check(at, length);
    return this.#bytes.read(at, length);
  }

  #check(at: number, length: number): void {
    if (at < 0 || length < 0 || at + length > this.#bytes.length) throw new Unsearchable("it ends too early");
  }
}
