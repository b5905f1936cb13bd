// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import type { PlaceOperation } from "../../store/store.ts";

/** What is done in a target directory. */
export type FileOperation =
  | { readonly kind: "directory"; readonly path: string }
  /** A new file, in place of what has the name. `mtime` in seconds since the epoch; undefined: now. */
  | {
      readonly kind: "write";
      readonly path: string;
      readonly bytes: Buffer;
      readonly mtime: number | undefined;
    }
  | PlaceOperation;

const KINDS = { directory: 1, write: 2, place: 3 } as const;
/** What most units need; it grows for others. */
const FIRST_BYTES = 16 * 1024;

/** Operations for shim/lay.rs, which says how they are written. */
export function encodeBatch(number: number, operations: readonly FileOperation[]): Buffer {
  const batch = new Batch();
  batch.u32(0); // the size, which is known at the end
  batch.u32(number);
  for (const operation of operations) encode(operation, batch);
  return batch.done();
}

function encode(operation: FileOperation, batch: Batch): void {
  const { kind, path } = operation;
  batch.u8(KINDS[kind]);
  batch.text(path);
  switch (kind) {
    case "directory":
      return;
    case "write":
      batch.nanoseconds(operation.mtime);
      batch.bytes(operation.bytes);
      return;
    case "place":
      batch.text(operation.source);
      batch.text(`${dirname(path)}/.green-${randomUUID()}`);
      batch.u8(operation.link ? 1 : 0);
      batch.u32(operation.mode);
      batch.nanoseconds(operation.mtime);
  }
}

/** Bytes that are added one after the other, in one allocation: this is done for each unit of a build. */
class Batch {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  u8(value: number): void {
    this.#length = this.#roomFor(1).writeUInt8(value, this.#length);
  }

  u32(value: number): void {
    this.#length = this.#roomFor(4).writeUInt32LE(value, this.#length);
  }

  /** Of seconds since the epoch, which doubles hold to the microsecond. */
  nanoseconds(seconds: number | undefined): void {
    const value = BigInt(Math.round((seconds ?? 0) * 1e6)) * 1000n;
    this.#length = this.#roomFor(8).writeBigUInt64LE(value, this.#length);
  }

  text(content: string): void {
    const size = Buffer.byteLength(content, "utf8");
    this.u32(size);
    this.#length += this.#roomFor(size).write(content, this.#length, "utf8");
  }

  bytes(content: Buffer): void {
    this.u32(content.length);
    this.#length += content.copy(this.#roomFor(content.length), this.#length);
  }

  /** All of it, with its size before it. */
  done(): Buffer {
    this.#buffer.writeUInt32LE(this.#length - 4, 0);
    return this.#buffer.subarray(0, this.#length);
  }

  #roomFor(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * needed);
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}
