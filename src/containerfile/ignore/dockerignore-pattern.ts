// SPDX-License-Identifier: MIT OR Apache-2.0
import { fromGoRegexp } from "./go-regexp.ts";

/** What Go's `path/filepath.Match` takes for a pattern. */
const VALID = /^(?:\\.|\[\^?(?:(?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+\]|[^\\[])*$/su;

/**
 * What a cleaned pattern of a `.dockerignore` matches, itself and not what is below it; undefined for a pattern that
 * Docker refuses. A pattern with nothing but `**` at one of its ends is compared as text: `**foo` is every path that
 * ends in `foo`. https://github.com/moby/patternmatcher/blob/v0.6.1/patternmatcher.go
 */
export function compileDockerPattern(pattern: string): ((path: string) => boolean) | undefined {
  if (!VALID.test(pattern)) return undefined;
  const special = pattern.replace(/^\*\*\/?/, "");
  if (special !== pattern && !/[*?[\]\\]/.test(special)) {
    const suffix = pattern.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
  }
  if (!/[*?[\]\\]/.test(pattern)) return (path) => path === pattern;
  const prefix = pattern.slice(0, -2);
  if (pattern.endsWith("**") && !/[*?[\]\\]/.test(prefix)) return (path) => path.startsWith(prefix);
  const regexp = fromGoRegexp(goRegexpOf(pattern));
  return regexp && ((path) => regexp.test(path));
}

/** Its table of what to escape has no room for `|`, `{` and `}`, which therefore mean what they do in expressions. */
function goRegexpOf(pattern: string): string {
  const pieces = /\*\*\/?|\*|\?|\\.|[.+()$]|./gsu;
  const translated = pattern.replaceAll(pieces, (piece, at: number) => {
    if (piece.startsWith("**")) return at + piece.length === pattern.length ? ".*" : "(.*/)?";
    if (piece === "*") return "[^/]*";
    if (piece === "?") return "[^/]";
    return /^[.+()$]$/.test(piece) ? `\\${piece}` : piece;
  });
  return `^${translated}$`;
}
