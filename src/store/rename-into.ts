// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { isMissing } from "./fs-error.ts";

/** Renames, making the destination's directory if it is not there. Throws what `renameSync` throws. */
export function renameInto(source: string, destination: string): void {
  try {
    renameSync(source, destination);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
    mkdirSync(dirname(destination), { recursive: true });
    renameSync(source, destination);
  }
}
