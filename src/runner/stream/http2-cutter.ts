// SPDX-License-Identifier: MIT OR Apache-2.0

/** Length (3 bytes), type, flags, stream (4 bytes): RFC 9113, section 4.1. */
const HEADER_BYTES = 9;
const LENGTH_BYTES = 3;

/** Cuts what comes of HTTP/2 so that no piece has bytes of two frames. Nothing is kept back. */
export class Http2Cutter {
  #header = Buffer.alloc(0);
  #left = 0;

  /** The pieces of the next bytes of the connection, which may begin and end anywhere. */
  *cut(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) {
        const part = chunk.subarray(at, at + HEADER_BYTES - this.#header.length);
        this.#header = Buffer.concat([this.#header, part]);
        at += part.length;
        if (this.#header.length < HEADER_BYTES) break;
        this.#left = this.#header.readUIntBE(0, LENGTH_BYTES);
      }
      const payload = Math.min(this.#left, chunk.length - at);
      this.#left -= payload;
      at += payload;
      if (this.#left > 0) break;
      this.#header = Buffer.alloc(0);
      yield chunk.subarray(start, at);
      start = at;
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }
}
