// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Where Cargo keeps the fingerprint of a dynamic library of a path package that it has just compiled. In today's
 * layout such files have no hash in their names (cargo 1.95: `use_extra_filename`), so the last one that was begun is
 * the one whose outputs are there. Undefined if there is none.
 *
 * @param profileDir as `TargetPlace` has it
 */
export function findFingerprintOfLibrary(
  profileDir: string,
  packageName: string,
  crateName: string,
): string | undefined {
  const base = join(profileDir, ".fingerprint");
  const found = readdirSync(base).flatMap((name) => {
    if (name.slice(0, -HASH_LENGTH) !== `${packageName}-`) return [];
    const directory = join(base, name);
    const isIts = readdirSync(directory).some((file) => file.replaceAll("-", "_") === `lib_${crateName}`);
    const begun = statSync(join(directory, "invoked.timestamp"), { bigint: true, throwIfNoEntry: false });
    return isIts && begun !== undefined ? [{ directory, begun: begun.mtimeNs }] : [];
  });
  const newest = found.sort((a, b) => (a.begun < b.begun ? 1 : -1))[0];
  return newest?.directory;
}

/** Hexadecimal digits of a unit's hash. */
const HASH_LENGTH = 16;
