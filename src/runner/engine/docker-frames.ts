// SPDX-License-Identifier: MIT OR Apache-2.0

/** A piece of what a program in a container wrote. */
export interface FramePiece {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Buffer;
}

/** Type, three zeros, and the payload's length, big-endian. */
const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Takes apart the one stream in which an engine sends a program's two (Engine API 1.51, "Attach to a container", stream
 * format). Pieces are given as they come, a frame's payload in several if need be: nothing is gathered.
 */
export class FrameReader {
  #header = Buffer.alloc(0);
  #left = 0;

  /** The pieces in the next bytes of the stream, which may begin and end anywhere. */
  *read(chunk: Buffer): Generator<FramePiece, void, undefined> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) rest = this.#takeHeader(rest);
      const bytes = rest.subarray(0, this.#left);
      rest = rest.subarray(bytes.length);
      this.#left -= bytes.length;
      if (bytes.length > 0) yield { stream: this.#header[0] === STDERR ? "stderr" : "stdout", bytes };
      if (this.#left === 0 && this.#header.length === HEADER_BYTES) this.#header = Buffer.alloc(0);
    }
  }

  #takeHeader(chunk: Buffer): Buffer {
    const needed = HEADER_BYTES - this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, needed)]);
    if (this.#header.length === HEADER_BYTES) this.#left = this.#header.readUInt32BE(4);
    return chunk.subarray(needed);
  }
}
