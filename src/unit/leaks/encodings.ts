// SPDX-License-Identifier: MIT OR Apache-2.0

/** A way to write a text. */
export interface Encoded {
  readonly bytes: Buffer;
  /** Bytes a character, as far as a boundary is concerned. */
  readonly width: 1 | 2;
}

/** How compilers, and programs that print, write a text: as it is, UTF-16, escaped in a string, as part of a URL. */
export function encodingsOf(text: string): readonly Encoded[] {
  const spellings = [text, JSON.stringify(text).slice(1, -1), ...percentEncodings(text)];
  if (text.includes("\\")) spellings.push(text.replaceAll("\\", "/"));
  const wide = Buffer.from(text, "utf16le");
  return [
    ...unique([...spellings.map((each) => Buffer.from(each, "utf8")), latin1(text)]).map(
      (bytes): Encoded => ({ bytes, width: 1 }),
    ),
    { bytes: wide, width: 2 },
  ];
}

/**
 * What stands in base64 wherever a text begins, in three alignments and both alphabets, without the characters that
 * depend on what is around it. https://www.rfc-editor.org/rfc/rfc4648#section-4
 */
export function base64Of(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text, "utf8");
  const found = [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const [first, last] = [Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)];
    return (["base64", "base64url"] as const).map((alphabet) => padded.toString(alphabet).slice(first, last));
  });
  return unique(found.map((each) => Buffer.from(each, "latin1")));
}

/** Characters in a URL that are escaped may be so in either case; a path's slashes may be left. */
function percentEncodings(text: string): readonly string[] {
  try {
    const all = [encodeURIComponent(text), encodeURI(text)];
    return [...all, ...all.map((each) => each.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
  } catch {
    return []; // half a surrogate pair
  }
}

/** For texts that are not ASCII: how a program writes them that takes bytes for characters. */
function latin1(text: string): Buffer {
  return Buffer.from(text, /^[\0-\xff]*$/.test(text) ? "latin1" : "utf8");
}

function unique(all: readonly Buffer[]): readonly Buffer[] {
  return [...new Map(all.map((bytes) => [bytes.toString("latin1"), bytes])).values()];
}
