// SPDX-License-Identifier: MIT OR Apache-2.0
import { notOneMessage, PREFIX_BYTES } from "./quick-calls.ts";

/** Of field 1, bytes. */
const DATA_TAG = 0x0a;
/** The prefix, the tag and a length of at most five bytes. */
const HEAD_BYTES = PREFIX_BYTES + 1 + 5;

/**
 * Where a file's bytes go as they come, without being held anywhere in between: the answer to `LLBBridge/ReadFile`,
 * which is one message of one field (BuildKit 0.25, frontend/gateway/pb/gateway.proto).
 */
export class FileAnswer {
  readonly #into: Buffer;
  #head: Buffer | undefined = Buffer.alloc(0);
  #announced = 0;
  #filled = 0;

  /** @param into is filled from its beginning; an answer that does not fit into it is not a good one */
  constructor(into: Buffer) {
    this.#into = into;
  }

  /** Throws a ConnectError if this is nothing of a file. */
  take(piece: Buffer): void {
    if (this.#head === undefined) {
      this.#fill(piece);
      return;
    }
    this.#head = Buffer.concat([this.#head, piece]);
    if (this.#head.length >= HEAD_BYTES) this.#begin(this.#head);
  }

  /** How many bytes came. Throws a ConnectError if there are fewer than were announced. */
  end(): number {
    if (this.#head !== undefined) this.#begin(this.#head);
    if (this.#filled !== this.#announced) throw notOneMessage();
    return this.#filled;
  }

  #begin(head: Buffer): void {
    this.#head = undefined;
    if (head.length < PREFIX_BYTES || head[0] !== 0) throw notOneMessage();
    const end = PREFIX_BYTES + head.readUInt32BE(1);
    if (end === PREFIX_BYTES) {
      if (head.length > end) throw notOneMessage();
      return; // No bytes: the field is left out.
    }
    if (head[PREFIX_BYTES] !== DATA_TAG) throw notOneMessage();
    const { value, next } = varint(head, PREFIX_BYTES + 1);
    if (next + value !== end || value > this.#into.length) throw notOneMessage();
    this.#announced = value;
    this.#fill(head.subarray(next));
  }

  #fill(piece: Buffer): void {
    if (this.#filled + piece.length > this.#announced) throw notOneMessage();
    this.#into.set(piece, this.#filled);
    this.#filled += piece.length;
  }
}

/** Seven bits a byte, the lowest first; the last one has its eighth bit clear (protobuf's encoding). */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let next = at, weight = 1; next < bytes.length; weight *= 128) {
    const byte = bytes.readUInt8(next);
    next += 1;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return { value, next };
  }
  throw notOneMessage();
}
