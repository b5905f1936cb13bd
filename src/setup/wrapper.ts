// SPDX-License-Identifier: MIT OR Apache-2.0

import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { GreenError } from "../error.ts";
import { journalPath } from "./journal.ts";

/** What lies beside a shim: how it starts a broker (docs/protocol.md). */
const SIDECAR = "broker";

/**
 * Where plain Cargo finds the shim: in CARGO_HOME and not in the cache, since Cargo starts nothing at all if its
 * wrapper is gone, and caches get deleted.
 */
export function wrapperPath(cargoHome: string, shim: string): string {
  return join(dirname(journalPath(cargoHome)), basename(shim));
}

/**
 * Puts a copy of the shim, as this version has it, where plain Cargo finds it.
 * @throws GreenError "environment" if that cannot be written
 */
export function installWrapper(cargoHome: string, shim: string): void {
  const directory = dirname(wrapperPath(cargoHome, shim));
  try {
    mkdirSync(directory, { recursive: true });
    for (const name of [basename(shim), SIDECAR]) {
      const temporary = join(directory, `.${randomUUID()}.tmp`);
      copyFileSync(join(dirname(shim), name), temporary);
      renameSync(temporary, join(directory, name));
    }
  } catch (thrown) {
    throw new GreenError(
      "environment",
      `"${directory}" cannot be written: ${GreenError.from(thrown).message}`,
      { cause: thrown, hint: "make CARGO_HOME writable, or set it to a directory of yours" },
    );
  }
}

/** Removes all that setup keeps below CARGO_HOME. */
export function removeWrapper(cargoHome: string, shimName: string): void {
  const directory = dirname(journalPath(cargoHome));
  for (const name of [shimName, SIDECAR, basename(journalPath(cargoHome))]) {
    rmSync(join(directory, name), { force: true });
  }
  try {
    rmdirSync(directory);
  } catch {
    // Something else is in it, or it was never made.
  }
}
