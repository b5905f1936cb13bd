// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Those in which Cargo has built something. */
export function usedProfiles(profiles: ReadonlySet<string>, target: string): ReadonlySet<string> {
  return new Set([...profiles].filter((profile) => !isUnused(join(target, profile))));
}

/** True if Cargo has built nothing there. */
export function isUnused(directory: string): boolean {
  return [".fingerprint", "build"].every((name) => {
    const path = join(directory, name);
    return !existsSync(path) || readdirSync(path).length === 0;
  });
}
