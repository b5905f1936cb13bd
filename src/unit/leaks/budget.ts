// SPDX-License-Identifier: MIT OR Apache-2.0
import { Unsearchable } from "./unsearchable.ts";

/** How much may come out of one file. */
export interface Limits {
  /** Bytes of one decompressed piece, which is held in memory. */
  readonly piece: number;
  /** Bytes of all pieces of a file. */
  readonly total: number;
  /** How many containers may lie in each other. */
  readonly depth: number;
  /** How many pieces, members and sections a file may have. */
  readonly parts: number;
}

export const DEFAULT_LIMITS: Limits = {
  piece: 128 * 1024 * 1024, // 128 MiB: debug sections of libraries are far smaller
  total: 2 * 1024 * 1024 * 1024, // 2 GiB
  depth: 6, // zip in gzip, with an archive of objects with compressed sections in it
  parts: 1_000_000,
};

/** Counts what was taken out of one file. */
export class Budget {
  readonly limits: Limits;
  #left: number;
  #parts: number;

  constructor(limits: Limits) {
    this.limits = limits;
    this.#left = limits.total;
    this.#parts = limits.parts;
  }

  /** The most that the next piece may have. */
  get nextPiece(): number {
    return Math.min(this.limits.piece, this.#left);
  }

  /** Refuses a piece by the size that it says it has, before it is decompressed. */
  expect(size: number): void {
    if (size > this.nextPiece) throw new Unsearchable("it holds too much when it is decompressed");
  }

  /** Counts a decompressed piece. */
  spend(size: number): void {
    this.expect(size);
    this.#left -= size;
  }

  /** Counts a part that is looked at. */
  part(): void {
    if (--this.#parts < 0) throw new Unsearchable("it has too many parts");
  }
}
