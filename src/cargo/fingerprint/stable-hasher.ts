// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";
import { sipHash128 } from "./sip-hash-128.ts";

/** Longer than what most fingerprints feed. */
const INITIAL_BYTES = 1024;

const NOT_LATIN1 = /[^\0-\xff]/;

/** From here on an `isize` takes nine bytes. */
const ISIZE_ESCAPE = 0xff;

/**
 * Collects bytes as the `Hash` implementations of Rust's standard library feed them to Cargo's `StableHasher`
 * (rustc-stable-hash 0.1.2, `src/stable_hasher.rs`, without its feature `nightly`), on a 64-bit host:
 * integers little-endian, `usize` as u64, `str` with a final 0xff, slices behind their length, `bool` as u8,
 * tuples and structs field by field, enums behind their discriminant as an `isize`, `Option` likewise (None is 0).
 * Strings are latin1 strings of the bytes.
 */
export class StableHasher {
  #bytes = Buffer.alloc(INITIAL_BYTES);
  #view = viewOf(this.#bytes);
  #length = 0;

  /** Bytes without an end or a length. */
  bytes(text: string): this {
    if (NOT_LATIN1.test(text)) throw new GreenError("internal", `"${text}" is not a latin1 string of bytes`);
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, "latin1");
    return this;
  }

  str(text: string): this {
    return this.bytes(text).u8(0xff);
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  u64(value: bigint): this {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
    return this;
  }

  /** A u64 by the hexadecimal digits of its bytes, as a hash file has it. */
  u64Hex(digits: string): this {
    this.#reserve(8);
    this.#length += this.#bytes.write(digits, this.#length, "hex");
    return this;
  }

  /** A u64 by its halves; for lengths (`usize`) the low one does. */
  halves(low: number, high = 0): this {
    this.#reserve(8);
    this.#view.setInt32(this.#length, low, true);
    this.#view.setInt32(this.#length + 4, high, true);
    this.#length += 8;
    return this;
  }

  /** An enum's discriminant, which rustc-stable-hash writes as one byte if it can. */
  discriminant(value: number): this {
    return value < ISIZE_ESCAPE ? this.u8(value) : this.u8(ISIZE_ESCAPE).halves(value);
  }

  /** The hash of all that was written. */
  finish(): bigint {
    return sipHash128(this.#bytes, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.alloc(2 * (this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
