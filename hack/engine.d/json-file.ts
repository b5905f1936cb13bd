// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** What `writeJson` wrote; `undefined` if the file is not there. */
export function readJson<T>(path: string): T | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;
}

/** A reader finds the old content or the new one. */
export function writeJson(path: string, value: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}
