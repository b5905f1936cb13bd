// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { literalPattern } from "../../cargo/literal-pattern.ts";
import { namesIn, statOf } from "../../existing-files.ts";
import { type FileState, isUnchanged, stateOf } from "./file-state.ts";

const MANIFEST = "Cargo.toml";

/** What the patterns in `[workspace] members` match. */
export interface MatchedMembers {
  /** The workspace's. */
  readonly root: string;
  readonly patterns: readonly string[];
  /** Directories, sorted; whether there is a manifest in them decides, too. */
  readonly found: readonly string[];
  /** Directories whose mtime changes if anything of this does. */
  readonly directories: Readonly<Record<string, FileState>>;
}

/**
 * Expands patterns with `*` and `?`; undefined if there is one with more (`**`, `[a-z]`). Patterns without either are
 * left out: they name directories.
 */
export function matchMembers(root: string, patterns: readonly string[]): MatchedMembers | undefined {
  const globs = patterns.filter((pattern) => /[*?[]/.test(pattern));
  if (globs.some((pattern) => /\[|\*\*/.test(pattern))) return undefined;
  const directories: Record<string, FileState> = {};
  const watch = (directory: string) => {
    directories[directory] = stateOf(directory);
  };
  const found = globs.flatMap((pattern) => {
    let matched: readonly string[] = [pattern.startsWith("/") ? "/" : root];
    for (const component of pattern.split("/").filter((part) => part !== "")) {
      matched = matched.flatMap((directory) => {
        const next = join(directory, component);
        const isThere = !/[*?]/.test(component) && isDirectory(next);
        if (!isThere) watch(directory);
        return isThere ? [next] : matchesIn(directory, component);
      });
    }
    return matched.map((directory) => {
      if (statOf(join(directory, MANIFEST)) !== undefined) return directory; // that file is watched itself
      watch(directory);
      return `${directory} (no manifest)`;
    });
  });
  return { root, patterns: globs, found: [...new Set(found)].sort(), directories };
}

/** As `areTargetsUnchanged`. */
export function areMembersUnchanged({ root, patterns, found, directories }: MatchedMembers): boolean {
  for (const directory in directories) {
    if (isUnchanged(directory, directories[directory] ?? null)) continue;
    return matchMembers(root, patterns)?.found.join("\0") === found.join("\0");
  }
  return true;
}

/** Nothing, for a component that is no pattern. */
function matchesIn(directory: string, component: string): readonly string[] {
  return namesIn(directory)
    .filter(matcher(component))
    .map((name) => join(directory, name))
    .filter(isDirectory);
}

function isDirectory(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

function matcher(component: string): (name: string) => boolean {
  const source = [...component].map((letter) => ({ "*": ".*", "?": "." })[letter] ?? literalPattern(letter));
  const pattern = new RegExp(`^${source.join("")}$`, "s");
  return (name) => pattern.test(name);
}
