// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * How many bytes an upload will be, while it is still made: those of the layers that are made, and of the rest what it
 * comes to if it shrinks as they did.
 */
export class UploadEstimate {
  readonly #onExpected: (bytes: number) => void;
  /** Bytes of files that are in no layer yet. */
  #left: number;
  /** Bytes of files that are in one, and of their layers. */
  readonly #made = { files: 0, layers: 0 };
  #said = 0;

  /**
   * @param files bytes of all files
   * @param onExpected told how many bytes more are expected than before, or fewer, if that is negative
   */
  constructor(files: number, onExpected: (bytes: number) => void) {
    this.#left = files;
    this.#onExpected = onExpected;
  }

  /** A layer was made, of so many bytes of files. */
  made(files: number, layer: number): void {
    this.#left -= files;
    this.#made.files += files;
    this.#made.layers += layer;
    const ratio = this.#made.layers / Math.max(1, this.#made.files);
    const all = Math.round(this.#made.layers + this.#left * ratio);
    this.#onExpected(all - this.#said);
    this.#said = all;
  }
}
