// SPDX-License-Identifier: MIT OR Apache-2.0
import { compileWildcard } from "./wildcard.ts";

/** One line of a `.gitignore` that may match something. */
export interface GitignoreRule {
  /** What it matches is shown. */
  readonly negated: boolean;
  readonly directoriesOnly: boolean;
  /** It is about a name anywhere below, not about a path. */
  readonly anywhere: boolean;
  readonly pattern: RegExp;
}

const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/**
 * The rules of a `.gitignore`, given as latin1 of its bytes, in their order.
 * https://git-scm.com/docs/gitignore/2.39.0#_pattern_format
 */
export function parseGitignore(text: string): readonly GitignoreRule[] {
  const start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  return text.slice(start).split("\n").flatMap(parseLine);
}

function parseLine(line: string): readonly GitignoreRule[] {
  if (line.startsWith("#")) return [];
  const trimmed = withoutTrailingSpaces(line.replace(/\r$/, ""));
  const negated = trimmed.startsWith("!");
  const given = negated ? trimmed.slice(1) : trimmed;
  const directoriesOnly = given.endsWith("/");
  const path = directoriesOnly ? given.slice(0, -1) : given;
  const pattern = path === "" ? undefined : compileWildcard(path.replace(/^\//, ""));
  return pattern === undefined ? [] : [{ negated, directoriesOnly, anywhere: !path.includes("/"), pattern }];
}

/** A space behind a backslash stays. */
function withoutTrailingSpaces(line: string): string {
  return /^(?:\\.|[^\\ ]| +(?! |$))*\\?/s.exec(line)?.[0] ?? "";
}

/**
 * What the rules of one `.gitignore` say of a path, relative to its directory, that nothing above leaves out: true if
 * they leave it out, false if they show it, undefined if they say nothing. The last rule that matches counts.
 */
export function isIgnoredBy(
  rules: readonly GitignoreRule[],
  path: string,
  isDirectory: boolean,
): boolean | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const last = rules.findLast(
    (rule) => (isDirectory || !rule.directoriesOnly) && rule.pattern.test(rule.anywhere ? name : path),
  );
  return last === undefined ? undefined : !last.negated;
}

/** A `.gitignore` of a repository. */
export interface GitignoreFile {
  /** Path of its directory in the repository, with a slash at its end; empty at the top. */
  readonly base: string;
  readonly rules: readonly GitignoreRule[];
}

/**
 * True if the files, the deepest first, leave out a path of the repository, whose directory none of them leaves out.
 * All of them must be of directories that it is in.
 */
export function isIgnored(files: readonly GitignoreFile[], path: string, isDirectory: boolean): boolean {
  for (const { base, rules } of files) {
    const ignored = isIgnoredBy(rules, path.slice(base.length), isDirectory);
    if (ignored !== undefined) return ignored;
  }
  return false;
}
