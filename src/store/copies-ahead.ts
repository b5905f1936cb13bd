// SPDX-License-Identifier: MIT OR Apache-2.0
import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import type { OutputFile } from "../unit/record.ts";
import type { FileStat } from "./store.ts";

/** No more is copied for nothing if it turns out that nobody wants it. */
const MAX_BYTES = 512 * 1024 * 1024; // 512 MiB

/** A copy of a stored file beside the place that it is for. */
export interface Copy {
  readonly path: string;
  /** The stored file's, before it was copied. */
  readonly source: FileStat;
}

/** Copies that are made while nobody waits for them. */
export interface CopiesAhead {
  /** Begins one, after those before it. What goes wrong with it is found out by who copies it then. */
  begin(output: OutputFile, destination: string): void;
  /** The one for this place, as if it were made now, and the caller's from now on; undefined if none was started. */
  take(output: OutputFile, destination: string): Promise<Copy | undefined>;
  /** Removes those that were not taken. */
  drop(): Promise<void>;
}

interface Begun {
  readonly output: OutputFile;
  /** False while others are copied. */
  started: boolean;
  copy: Promise<Copy | undefined>;
}

/** @param copy Copies a stored file beside a destination, and leaves nothing if it throws. */
export function createCopiesAhead(
  copy: (output: OutputFile, destination: string) => Promise<Copy>,
): CopiesAhead {
  const begun = new Map<string, Begun>();
  let last: Begun["copy"] = Promise.resolve(undefined);
  let bytes = 0;
  const discard = async (unwanted: Begun["copy"]) => {
    const made = await unwanted;
    if (made !== undefined) await rm(made.path, { force: true });
  };
  return {
    begin(output, destination) {
      if (begun.has(destination) || bytes + output.size > MAX_BYTES) return;
      bytes += output.size;
      const entry: Begun = { output, started: false, copy: last };
      begun.set(destination, entry);
      entry.copy = last.then(() => {
        if (begun.get(destination) !== entry) return undefined; // its time is over
        entry.started = true;
        return copy(output, destination).catch(() => undefined);
      });
      last = entry.copy;
    },
    async take(output, destination) {
      const found = begun.get(destination);
      if (found === undefined) return undefined;
      begun.delete(destination);
      if (!found.started) return undefined;
      const { digest, executable } = found.output;
      const made = await found.copy;
      if (made === undefined) return undefined;
      const isWanted = digest === output.digest && executable === output.executable;
      if (isWanted && (await makeYoung(made.path, output.size))) return made;
      await discard(found.copy);
      return undefined;
    },
    async drop() {
      const unwanted = [...begun.values()];
      begun.clear();
      await Promise.all(unwanted.map((each) => discard(each.copy)));
    },
  };
}

/** Gives a file the kernel's own time, which is behind ours: ftruncate(2) does even where the size stays. */
async function makeYoung(path: string, size: number): Promise<boolean> {
  try {
    await using file = await open(path, constants.O_WRONLY);
    await file.truncate(size);
    return true;
  } catch {
    return false; // a umask that keeps its owner from writing
  }
}
