// SPDX-License-Identifier: MIT OR Apache-2.0

/** Bytes that come one after the other, in memory that is there from the beginning. */
export class ArrivingBytes {
  /** All of them; what has not come is of no meaning. */
  readonly memory: Buffer;
  #arrived = 0;
  #failure: { readonly thrown: unknown } | undefined;
  #news = Promise.withResolvers<void>();

  constructor(memory: Buffer) {
    this.memory = memory;
  }

  /** So many have come by now. */
  arrive(count: number): void {
    this.#arrived = count;
    this.#wake();
  }

  /** The others will not come; who waits for them throws this. */
  fail(thrown: unknown): void {
    this.#failure = { thrown };
    this.#wake();
  }

  /** True if so many have come already. */
  has(count: number): boolean {
    return this.#arrived >= count;
  }

  /** Waits for the first so many. */
  async until(count: number): Promise<void> {
    while (!this.has(count)) {
      if (this.#failure !== undefined) throw this.#failure.thrown;
      await this.#news.promise;
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/**
 * Puts what comes into memory that is as large as all of it, and says how much has come each time.
 * Throws as the source does.
 */
export async function gather(
  content: AsyncIterable<Uint8Array>,
  memory: Uint8Array,
  onArrived: (count: number) => void,
): Promise<void> {
  let at = 0;
  for await (const piece of content) {
    memory.set(piece, at);
    at += piece.length;
    onArrived(at);
  }
  if (at < memory.length) throw new RangeError(`${at} bytes came of ${memory.length}`);
}
