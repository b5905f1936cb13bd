// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type ConfigPlaces, WORKSPACE_FILE } from "./places.ts";

/**
 * Files that look like settings of ours and that nobody reads: `.cargo/green.toml` in the directory of a request, or
 * above it, but not at the workspace's root, where Cargo would read a `config.toml`.
 *
 * @param start the directory, or a manifest in it
 */
export function unreadFiles({ user, workspaceFile }: ConfigPlaces, start: string): readonly string[] {
  const found: string[] = [];
  let directory = resolve(start);
  for (let last = ""; directory !== last; [last, directory] = [directory, dirname(directory)]) {
    const file = join(directory, WORKSPACE_FILE);
    if (file !== user && file !== workspaceFile && existsSync(file)) found.push(file);
  }
  return found;
}
