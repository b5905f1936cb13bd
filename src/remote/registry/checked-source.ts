// SPDX-License-Identifier: MIT OR Apache-2.0
import { createHash } from "node:crypto";
import { GreenError } from "../../error.ts";
import type { BlobSource } from "../remote.ts";

/**
 * Reads a source, in parts and perhaps several times, and checks what comes: the last bytes are not given out before
 * all are known to be those of the descriptor, so that no upload of others ever ends.
 */
export class CheckedSource {
  readonly #source: BlobSource;
  readonly #side: string;
  readonly #onSent: ((bytes: number) => void) | undefined;
  readonly #hash = createHash("sha256");
  /** Bytes from the beginning that were read, hashed and told of. */
  #known = 0;
  #verified = false;

  constructor(source: BlobSource, side: string, onSent: ((bytes: number) => void) | undefined) {
    this.#source = source;
    this.#side = side;
    this.#onSent = onSent;
  }

  /** How far it was read at most: a registry cannot have more. */
  get known(): number {
    return this.#known;
  }

  /** `length` bytes from an offset that was reached before. Throws "corrupt" where the source has other bytes, or fewer. */
  async *read(offset: number, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    const end = offset + length;
    const isLast = end === this.#source.descriptor.size;
    let at = offset;
    let last: Uint8Array | undefined;
    for await (const whole of this.#source.open(offset)) {
      if (whole.length === 0) continue;
      if (at === end || at + whole.length > end) {
        if (isLast) throw this.#wrong("more bytes than were announced");
        if (at === end) break;
      }
      const piece = whole.subarray(0, end - at);
      at += piece.length;
      this.#learn(piece, at);
      if (at === end && isLast) last = Buffer.from(piece);
      else yield piece;
      if (at === end && !isLast) break;
    }
    if (at !== end) throw this.#wrong("fewer bytes than were announced");
    if (isLast) this.#verify();
    if (last !== undefined) yield last;
  }

  #learn(piece: Uint8Array, end: number): void {
    if (end <= this.#known) return;
    const fresh = piece.subarray(piece.length - (end - this.#known));
    this.#hash.update(fresh);
    this.#known = end;
    this.#onSent?.(fresh.length);
  }

  #verify(): void {
    if (this.#verified) return;
    const { digest } = this.#source.descriptor;
    if (`sha256:${this.#hash.copy().digest("hex")}` !== digest)
      throw this.#wrong("other bytes than were announced");
    this.#verified = true;
  }

  #wrong(problem: string): GreenError {
    const message = `What should be sent as blob ${this.#source.descriptor.digest} has ${problem}`;
    return new GreenError("corrupt", message, { side: this.#side });
  }
}
