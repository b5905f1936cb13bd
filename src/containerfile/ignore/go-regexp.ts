// SPDX-License-Identifier: MIT OR Apache-2.0
import { GO_NAMED_SETS } from "./named-sets.ts";

const SPACES = "\\t\\n\\f\\r ";
/** Escapes of letters in Go's regular expressions, in JavaScript's: https://github.com/google/re2/wiki/Syntax */
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\\x07", f: "\\f", n: "\\n", r: "\\r", t: "\\t", v: "\\v" },
  ...{ d: "\\d", D: "\\D", w: "\\w", W: "\\W", s: `[${SPACES}]`, S: `[^${SPACES}]` },
  ...{ b: "\\b", B: "\\B", A: "^", z: "$" },
};
const ESCAPES_IN_SETS: Readonly<Record<string, string>> = {
  ...{ a: "\\x07", f: "\\f", n: "\\n", r: "\\r", t: "\\t", v: "\\v" },
  ...{ d: "\\d", D: "\\D", w: "\\w", W: "\\W", s: SPACES, S: "\\S" },
};
/** Go's, and nothing that anybody means in a `.dockerignore`: code points, properties, quotes, all but a named set. */
const UNMEANT = /\\[0-7CQpPx]|\[:\^[a-z]+:\]/;

const NOTHING = /[^\s\S]/;

/**
 * The regular expression of Go's that a `.dockerignore` pattern became: `^`, `$`, `(…)?`, `[…]`, `*`, `|`,
 * `{…}` and escapes.
 * Undefined for one that Go refuses.
 */
export function fromGoRegexp(source: string): RegExp | undefined {
  if (UNMEANT.test(source)) return NOTHING;
  const pieces = /\\(.)|\[(\^?)((?:\[:[a-z]+:\]|\\.|[^\\\]])*)\]|(\{\d+(?:,\d*)?\}|.)/gsuy;
  let translated = "";
  let end = 0;
  for (const [piece, letter, negation = "", members, plain = ""] of source.matchAll(pieces)) {
    end += piece.length;
    if (members !== undefined) translated += `[${negation}${translateMembers(members)}]`;
    else if (letter !== undefined) translated += translateEscape(letter, ESCAPES);
    else if (plain === ".") translated += "[^\\n]";
    else translated += /^[\^$()?*|]|^\{./.test(plain) ? plain : literal(plain);
  }
  if (end < source.length) return undefined; // a bracket that nothing closes
  try {
    return new RegExp(translated, "u");
  } catch {
    return undefined;
  }
}

function translateMembers(members: string): string {
  const pieces = /\[:([a-z]+):\]|\\(.)|([^-])/gsu;
  return members.replaceAll(pieces, (piece, name?: string, letter?: string, plain?: string) => {
    if (name !== undefined) return GO_NAMED_SETS.get(name) ?? NO_ESCAPE;
    if (letter !== undefined) return translateEscape(letter, ESCAPES_IN_SETS);
    return literal(plain ?? piece);
  });
}

/** For a regular expression to be refused, as Go does it. */
const NO_ESCAPE = "\\_";

function translateEscape(letter: string, escapes: Readonly<Record<string, string>>): string {
  if (!/[0-9A-Za-z]/.test(letter) && letter <= "\x7f") return literal(letter);
  return escapes[letter] ?? NO_ESCAPE;
}

function literal(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
