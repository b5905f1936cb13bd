// SPDX-License-Identifier: MIT OR Apache-2.0
import { GIT_NAMED_SETS } from "./named-sets.ts";

/**
 * A regular expression for one of git's wildcard patterns, over texts that have a character for each byte: `*` and `?`
 * stop at slashes, `**` between slashes does not. Undefined for a pattern that matches nothing.
 * https://git-scm.com/docs/gitignore/2.39.0#_pattern_format
 */
export function compileWildcard(pattern: string): RegExp | undefined {
  let source = "";
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const stars = /^\*+/.exec(rest)?.[0].length ?? 0;
    if (stars > 0) {
      const after = rest.slice(stars);
      const isWhole = stars > 1 && (at === 0 || pattern[at - 1] === "/") && /^(?:$|\/|\\\/)/.test(after);
      // `a/**/b` is `a/b`, too.
      const withSlash = isWhole && after.startsWith("/");
      source += withSlash ? "(?:[\\s\\S]*/)?" : isWhole ? "[\\s\\S]*" : "[^/]*";
      at += stars + (withSlash ? 1 : 0);
    } else if (rest.startsWith("?")) {
      source += "[^/]";
      at++;
    } else if (rest.startsWith("[")) {
      const set = readSet(rest);
      if (set === undefined) return undefined;
      source += set.source;
      at += set.length;
    } else {
      const literal = rest.startsWith("\\") ? rest[1] : rest[0];
      if (literal === undefined) return undefined;
      source += escaped(literal);
      at += rest.startsWith("\\") ? 2 : 1;
    }
  }
  return new RegExp(`^${source}$`);
}

/** Reads `[…]` at the start of a text. */
function readSet(text: string): { readonly source: string; readonly length: number } | undefined {
  const negated = text[1] === "!" || text[1] === "^";
  const members = new Set<string>();
  let before: string | undefined;
  let at = negated ? 2 : 1;
  // A bracket that comes first is a member.
  for (let first = true; first || text[at] !== "]"; first = false) {
    let member = text[at];
    if (member === undefined) return undefined;
    const named = /^\[:([^\]]*):\]/.exec(text.slice(at));
    if (member === "-" && before !== undefined && (text[at + 1] ?? "]") !== "]") {
      at += text[at + 1] === "\\" ? 2 : 1;
      const last = text[at];
      if (last === undefined) return undefined;
      for (const each of bytes()) if (each >= before && each <= last) members.add(each);
      member = undefined;
    } else if (named !== null) {
      const ranges = GIT_NAMED_SETS.get(named[1] ?? "");
      if (ranges === undefined) return undefined;
      const set = new RegExp(`[${ranges}]`);
      for (const each of bytes()) if (set.test(each)) members.add(each);
      at += named[0].length - 1;
      member = undefined;
    } else {
      if (member === "\\") member = text[++at];
      if (member === undefined) return undefined;
      members.add(member);
    }
    before = member;
    at++;
  }
  const matched = [...bytes()].filter((each) => each !== "/" && members.has(each) !== negated);
  return { source: `[${matched.map(escaped).join("")}]`, length: at + 1 };
}

function* bytes(): Generator<string> {
  for (let code = 0; code < 256; code++) yield String.fromCharCode(code);
}

function escaped(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
