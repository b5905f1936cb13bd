// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import type { PathRoots } from "../../cargo/roots.ts";
import type { LeftFile, PlaceOperation } from "../../store/store.ts";

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
  /** Paths of this machine for all `expand` that follow; latin1 of the bytes. */
  | { readonly kind: "roots"; readonly roots: PathRoots }
  /** The same of a text with placeholders (`expandText`); latin1 of the bytes. */
  | {
      readonly kind: "expand";
      readonly path: string;
      readonly text: string;
      readonly mtime: number;
    }
  | PlaceOperation
  /** A copy of `path` that is begun now, and is at hand when it is placed: large files take long. */
  | { readonly kind: "ahead"; readonly path: string; readonly directory: string };

const KINDS = { directory: 1, write: 2, place: 3, ahead: 4, roots: 5, expand: 6 } as const;
/** Flags of a placement. */
const LINK = 1;
const LEFT = 2;
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
  batch.u8(KINDS[operation.kind]);
  if (operation.kind !== "roots") batch.text(operation.path);
  switch (operation.kind) {
    case "directory":
      return;
    case "write":
      batch.nanoseconds(operation.mtime);
      batch.bytes(operation.bytes);
      return;
    case "roots":
      batch.u32(operation.roots.roots.length);
      for (const { name, path } of operation.roots.roots) {
        batch.latin1(name);
        batch.latin1(path);
      }
      return;
    case "expand":
      batch.nanoseconds(operation.mtime);
      batch.latin1(operation.text);
      return;
    case "place":
      batch.text(operation.source);
      batch.text(temporaryIn(dirname(operation.path)));
      batch.u8((operation.link ? LINK : 0) | (operation.left === undefined ? 0 : LEFT));
      batch.u32(operation.mode);
      batch.nanoseconds(operation.mtime);
      if (operation.left !== undefined) encodeLeft(operation.left, batch);
      return;
    case "ahead":
      batch.text(temporaryIn(operation.directory));
  }
}

function encodeLeft({ size, mtimeNs, ctimeNs, names }: LeftFile, batch: Batch): void {
  for (const value of [BigInt(size), mtimeNs, ctimeNs, BigInt(names)]) batch.u64(value);
}

/** Of a name that nobody else has. */
function temporaryIn(directory: string): string {
  return `${directory}/.green-${randomUUID()}`;
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
    this.u64(BigInt(Math.round((seconds ?? 0) * 1e6)) * 1000n);
  }

  u64(value: bigint): void {
    this.#length = this.#roomFor(8).writeBigUInt64LE(value, this.#length);
  }

  text(content: string): void {
    const size = Buffer.byteLength(content, "utf8");
    this.u32(size);
    this.#length += this.#roomFor(size).write(content, this.#length, "utf8");
  }

  latin1(content: string): void {
    this.u32(content.length);
    this.#length += this.#roomFor(content.length).write(content, this.#length, "latin1");
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
