// SPDX-License-Identifier: MIT OR Apache-2.0
import type { TarHeader } from "./tar-header.ts";

/** Names and extended headers are no longer. */
export const MAX_META_BYTES = 64 * 1024; // 64 KiB

/** What a header before the one that it is about says of that. */
export interface Extended {
  readonly name?: string | undefined;
  readonly size?: number | undefined;
}

/** True for a header that is about others: pax's, of the next one or of all, or GNU's long name. */
export function isMeta({ type }: TarHeader): boolean {
  return type === "x" || type === "g" || type === "L";
}

/** What the content of such a header says; undefined if that is not understood. */
export function parseMeta({ type }: TarHeader, content: Buffer): Extended | undefined {
  if (type === "L") return { name: content.toString("utf8").replace(/\0+$/, "") };
  return parsePax(content);
}

/** True if what it says is about all files behind it. */
export function isAboutAll({ type }: TarHeader, found: Extended): boolean {
  return type === "g" && Object.keys(found).length > 0;
}

/**
 * The name and size of an extended header: records of `LENGTH KEY=VALUE\n`
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03). Undefined if it is none, or if
 * it says that a file is sparse.
 */
function parsePax(bytes: Buffer): Extended | undefined {
  let found: Extended = {};
  for (let at = 0; at < bytes.length; ) {
    const digits = /^([1-9][0-9]{0,6}) /.exec(bytes.toString("latin1", at, at + 8))?.[1];
    const length = Number(digits);
    if (digits === undefined || at + length > bytes.length || bytes[at + length - 1] !== 0x0a)
      return undefined;
    const record = bytes.toString("utf8", at + digits.length + 1, at + length - 1);
    const equals = record.indexOf("=");
    if (equals < 1) return undefined;
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key.startsWith("GNU.sparse")) return undefined;
    if (key === "path") found = { ...found, name: value };
    if (key === "size") {
      if (!/^[0-9]{1,15}$/.test(value)) return undefined;
      found = { ...found, size: Number(value) };
    }
    at += length;
  }
  return found;
}
