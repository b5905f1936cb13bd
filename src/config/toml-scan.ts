// SPDX-License-Identifier: MIT OR Apache-2.0

/** One key or table header of a TOML document, and where it stands. */
export interface TomlEntry {
  /** From the document's root: `["profile", "ci", "sandbox"]`. Arrays of tables have no index. */
  readonly path: readonly string[];
  readonly kind: "table" | "array-table" | "pair" | "inline";
  /** How many parts of the path come from the header above (or the inline table around). */
  readonly given: number;
  /** Counts from 1. */
  readonly line: number;
  /** Offset of the key's or header's first character. */
  readonly start: number;
  /** Offset of the value's first character; of a header, its end. */
  readonly valueStart: number;
  /** Offset behind the value or the header. */
  readonly end: number;
}

/**
 * Where the keys of a TOML document stand, as TOML parsers do not tell. The document must be valid: check it with a
 * parser first. Of an invalid one, what comes before the first thing that is not understood is returned.
 * Grammar: https://toml.io/en/v1.0.0
 */
export function scanToml(text: string): readonly TomlEntry[] {
  const entries: TomlEntry[] = [];
  const lineAt = lineCounter(text);
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  let table: readonly string[] = [];

  function skip(pattern: RegExp): string {
    pattern.lastIndex = at;
    const [matched = ""] = pattern.exec(text) ?? [];
    at += matched.length;
    return matched;
  }

  function key(): readonly string[] | undefined {
    const parts: string[] = [];
    for (;;) {
      skip(BLANK);
      const part = skip(KEY_PART);
      if (part === "") return undefined;
      parts.push(unquote(part));
      skip(BLANK);
      if (text[at] !== ".") return parts;
      at++;
    }
  }

  function pair(prefix: readonly string[], kind: "pair" | "inline"): boolean {
    skip(BLANK);
    const start = at;
    const own = key();
    if (own === undefined || text[at] !== "=") return false;
    at++;
    skip(BLANK);
    const path = [...prefix, ...own];
    const entry = {
      path,
      kind,
      given: prefix.length,
      line: lineAt(start),
      start,
      valueStart: at,
      end: at,
    };
    const position = entries.push(entry) - 1;
    if (!value(path)) return false;
    entries[position] = { ...entry, end: at };
    return true;
  }

  function value(path: readonly string[]): boolean {
    if (text[at] === "[") return sequence("]", () => value(path));
    if (text[at] === "{") return sequence("}", () => pair(path, "inline"));
    return skip(STRING) !== "" || skip(SCALAR) !== "";
  }

  function sequence(close: string, item: () => boolean): boolean {
    at++;
    for (;;) {
      skip(SPACE);
      if (text[at] === close) break;
      if (at >= text.length || !item()) return false;
      skip(SPACE);
      if (text[at] === ",") at++;
      else if (text[at] !== close) return false;
    }
    at++;
    return true;
  }

  function header(): boolean {
    const start = at;
    const double = text.startsWith("[[", at);
    at += double ? 2 : 1;
    const path = key();
    if (path === undefined || !text.startsWith(double ? "]]" : "]", at)) return false;
    at += double ? 2 : 1;
    table = path;
    const kind = double ? "array-table" : "table";
    entries.push({ path, kind, given: 0, line: lineAt(start), start, valueStart: at, end: at });
    return true;
  }

  for (skip(SPACE); at < text.length; skip(SPACE)) {
    if (!(text[at] === "[" ? header() : pair(table, "pair"))) break;
  }
  return entries;
}

const BLANK = /[ \t]*/y;
/** Blanks, line breaks and comments. */
const SPACE = /(?:[ \t\r\n]+|#[^\n]*)*/y;
const KEY_PART = /[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const STRING = /"""(?:[^\\]|\\[\s\S])*?"""(?:""|")?|'''[\s\S]*?'''(?:''|')?|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
/** A number, date or word; a date may have a blank before its time. */
const SCALAR = /\d{4}-\d\d-\d\d \d\d:[^\s,#\]}]*|[^\s,#\]}]+/y;

function unquote(part: string): string {
  if (part.startsWith("'")) return part.slice(1, -1);
  if (!part.startsWith('"')) return part;
  const escapes: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" };
  return part
    .slice(1, -1)
    .replaceAll(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, short, long, plain: string) => {
      const hex: string | undefined = short ?? long;
      if (hex === undefined) return escapes[plain] ?? plain;
      const point = Number.parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : "\uFFFD";
    });
}

/** Line of an offset, counting from 1; asked with growing offsets. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let seen = 0;
  return (offset) => {
    for (; seen < offset; seen++) if (text[seen] === "\n") line++;
    return line;
  };
}
