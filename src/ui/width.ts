// SPDX-License-Identifier: MIT OR Apache-2.0

/** One column a character: Latin, and the punctuation, arrows and signs that our own texts use. */
const NARROW = /^[\x20-\x7e\u00a0-\u02ff\u2010-\u22ff]*$/;
/** Wide and fullwidth ranges of Unicode's EastAsianWidth.txt (16.0), coarsely, and emoji. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|.*\ufe0f)/u;

let segmenter: Intl.Segmenter | undefined; // 15 ms: not before something needs it

function segmentsOf(text: string): string[] {
  if (NARROW.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Columns that a terminal needs for `text`, which holds no escape sequences or line breaks. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  return segmentsOf(text).reduce((width, segment) => width + (WIDE.test(segment) ? 2 : 1), 0);
}

function take(segments: readonly string[], width: number): string {
  let used = 0;
  let taken = "";
  for (const segment of segments) {
    used += displayWidth(segment);
    if (used > width) break;
    taken += segment;
  }
  return taken;
}

/** `text` cut at its end to at most `width` columns, with `…` where something is missing. */
export function shortenEnd(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return width < 1 ? "" : `${take(segmentsOf(text), width - 1)}…`;
}

/** `text` cut in its middle to at most `width` columns: paths and digests keep both ends. */
export function shortenMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return "";
  const segments = segmentsOf(text);
  const tail = take(segments.toReversed(), Math.floor((width - 1) / 2));
  const head = take(segments, width - 1 - displayWidth(tail));
  return `${head}…${segmentsOf(tail).toReversed().join("")}`;
}

/** `text` filled with spaces to `width` columns. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + space : space + text;
}

/**
 * Stored text for people: `@@green:CARGO_HOME@@` becomes `<cargo home>`, and control characters are made visible,
 * so that it can neither move the cursor nor colour the terminal.
 */
export function printable(text: string): string {
  const named = text.replace(
    /@@green:([A-Z_]+)@@/g,
    (_, name: string) => `<${name.toLowerCase().replaceAll("_", " ")}>`,
  );
  return named.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === "\n") return "⏎";
    if (character === "\u001f") return " "; // what CARGO_ENCODED_RUSTFLAGS is separated by
    return `\\u{${code.toString(16)}}`;
  });
}
