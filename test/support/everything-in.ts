// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { Budget, DEFAULT_LIMITS } from "../../src/unit/leaks/budget.ts";
import { bytesOf } from "../../src/unit/leaks/bytes.ts";
import { piecesOf } from "../../src/unit/leaks/inside.ts";
import { zstdFrames } from "../../src/unit/leaks/zstd-frames.ts";

/** Some bytes that somebody got, and what they are. */
export interface Received {
  readonly what: string;
  readonly bytes: Buffer;
}

/**
 * What a registry keeps, decompressed: blobs, members of tars, sections of objects, and every text in JSON that lies in
 * JSON. Names of files and directories too.
 *
 * @param seen files that were looked into before, which are left out; those that are given now are added
 */
export function* everythingBelow(directory: string, seen: Set<string>): Generator<Received> {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (seen.has(path)) continue;
    yield { what: "a name in the registry", bytes: Buffer.from(path.slice(directory.length)) };
    if (!entry.isFile()) continue;
    if (path.includes("/blobs/")) seen.add(path); // others change
    yield* everythingIn(path.slice(directory.length), readFileSync(path));
  }
}

/** Some bytes, and all that lies in them. */
export function* everythingIn(what: string, bytes: Buffer): Generator<Received> {
  yield { what, bytes };
  if (bytes.length > 4 && bytes.readUInt32BE(0) === ZSTD) {
    yield* everythingIn(`${what} decompressed`, unpacked(bytes));
  } else if (isTar(bytes)) {
    for (const { name, header, content } of tarMembers(bytes)) {
      yield { what: `a header in ${what}`, bytes: header };
      yield* everythingIn(`${name} in ${what}`, content);
    }
  } else if (bytes[0] === 0x7b || bytes[0] === 0x5b) {
    yield* textsIn(what, bytes.toString("utf8"));
  } else {
    const [, ...inner] = piecesOf(bytesOf(bytes), new Budget(DEFAULT_LIMITS));
    for (const piece of inner) {
      if (piece.isNew) yield { what: `inside ${what}`, bytes: piece.bytes.read(0, piece.bytes.length) };
    }
  }
}

/** Node decodes the first of several frames alone. */
function unpacked(bytes: Buffer): Buffer {
  const frames = zstdFrames(bytesOf(bytes)).map((frame) => frame.read(0, frame.length));
  return Buffer.concat(frames.map((frame) => zstdDecompressSync(frame, { maxOutputLength: MAX })));
}

const ZSTD = 0x28b52ffd;
const MAX = 2 ** 30; // 1 GiB
const BLOCK = 512;

function isTar(bytes: Buffer): boolean {
  return bytes.length >= BLOCK && bytes.toString("latin1", 257, 262) === "ustar";
}

interface Member {
  readonly name: string;
  /** With the name and whatever else it may say of owners. */
  readonly header: Buffer;
  readonly content: Buffer;
}

function* tarMembers(bytes: Buffer): Generator<Member> {
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const header = bytes.subarray(at, at + BLOCK);
    const text = (start: number, length: number) =>
      header.toString("utf8", start, start + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12).trim() || "0", 8);
    yield { name: text(0, 100), header, content: bytes.subarray(at + BLOCK, at + BLOCK + size) };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Every key and text, as it is meant and as the bytes that latin1 stands for, and what those hold in turn. */
function* textsIn(what: string, text: string): Generator<Received> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === "string") {
      yield { what: `a text in ${what}`, bytes: Buffer.from(next) };
      yield { what: `a text in ${what}`, bytes: Buffer.from(next, "latin1") };
      if (/^[[{]/.test(next)) yield* textsIn(what, next);
    } else if (typeof next === "object" && next !== null) {
      for (const [key, each] of Object.entries(next)) pending.push(key, each);
    }
  }
}

/** How a text may be written: as it is, in UTF-16, base64, hexadecimal, in a URL or in JSON. */
export function spellingsOf(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const inBase64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const others = [
    ...inBase64,
    bytes.toString("hex"),
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
  ];
  return [bytes, Buffer.from(text, "utf16le"), ...others.map((each) => Buffer.from(each))];
}

/**
 * Which of these words stand somewhere, in whatever case and spelling, and where first.
 *
 * @param numbers looked for as they are
 */
export function findWords(
  received: Iterable<Received>,
  words: readonly string[],
  numbers: readonly string[],
): ReadonlyMap<string, string> {
  const spelled = words.flatMap((word) => spellingsOf(word).map((bytes) => ({ word, bytes })));
  const exact = [...spelled, ...numbers.map((word) => ({ word, bytes: Buffer.from(word) }))];
  const inAnyCase = new RegExp(words.map((word) => word.replaceAll(/\W/g, "\\$&")).join("|"), "gi");
  const found = new Map<string, string>();
  for (const { what, bytes } of received) {
    for (const { 0: word, index, input } of bytes.toString("latin1").matchAll(inAnyCase)) {
      if (!found.has(word)) found.set(word, `${what}: ${input.slice(Math.max(0, index - 60), index + 80)}`);
    }
    for (const { word, bytes: spelling } of exact) {
      if (!found.has(word) && bytes.includes(spelling)) found.set(word, `${what}, encoded`);
    }
  }
  return found;
}
