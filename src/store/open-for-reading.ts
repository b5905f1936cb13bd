// SPDX-License-Identifier: MIT OR Apache-2.0
import { closeSync, openSync, readSync } from "node:fs";
import { GreenError } from "../error.ts";
import { fromFileSystem } from "./fs-error.ts";
import type { OpenedFile } from "./store.ts";

/** Opens a file of a known size to read parts of it. Throws GreenError as the file system does. */
export function openForReading(path: string, size: number): OpenedFile {
  const fail = (thrown: unknown): never => {
    throw fromFileSystem(thrown, `Cannot read "${path}"`);
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      return fail(thrown);
    }
  };
  const file = guarded(() => openSync(path, "r"));
  return {
    size,
    read(at, length, memory = Buffer.allocUnsafe(length)) {
      const bytes = memory.subarray(0, length);
      for (let filled = 0; filled < length; ) {
        const count = guarded(() => readSync(file, bytes, filled, length - filled, at + filled));
        if (count === 0) throw new GreenError("corrupt", `The file "${path}" has become shorter`);
        filled += count;
      }
      return bytes;
    },
    close: () => closeSync(file),
  };
}
