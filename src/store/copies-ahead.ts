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
  /** The one for this place, as if it were made now, and the caller's from now on; undefined if there is none. */
  take(output: OutputFile, destination: string): Promise<Copy | undefined>;
  /** Removes those that were not taken. */
  drop(): Promise<void>;
}

interface Begun {
  readonly output: OutputFile;
  readonly copy: Promise<Copy | undefined>;
}

/** @param copy Copies a stored file beside a destination, and leaves nothing if it throws. */
export function createCopiesAhead(
  copy: (output: OutputFile, destination: string) => Promise<Copy>,
): CopiesAhead {
  const begun = new Map<string, Begun>();
  let last: Promise<unknown> = Promise.resolve();
  let bytes = 0;
  const discard = async (unwanted: Begun["copy"]) => {
    const made = await unwanted;
    if (made !== undefined) await rm(made.path, { force: true });
  };
  return {
    begin(output, destination) {
      if (begun.has(destination) || bytes + output.size > MAX_BYTES) return;
      bytes += output.size;
      const copying = last.then(() => copy(output, destination)).catch(() => undefined);
      begun.set(destination, { output, copy: copying });
      last = copying;
    },
    async take(output, destination) {
      const found = begun.get(destination);
      if (found === undefined) return undefined;
      begun.delete(destination);
      const { digest, executable } = found.output;
      if (digest !== output.digest || executable !== output.executable) {
        await discard(found.copy);
        return undefined;
      }
      const made = await found.copy;
      if (made !== undefined) await makeYoung(made.path, output.size);
      return made;
    },
    async drop() {
      const unwanted = [...begun.values()];
      begun.clear();
      await Promise.all(unwanted.map((each) => discard(each.copy)));
    },
  };
}

/** Gives a file the kernel's own time, which is behind ours: ftruncate(2) does even where the size stays. */
async function makeYoung(path: string, size: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY);
  try {
    await file.truncate(size);
  } finally {
    await file.close();
  }
}
