// SPDX-License-Identifier: MIT OR Apache-2.0
import { rerootDepInfo } from "../cargo/dep-info.ts";
import { expandText, normaliseText, type PathRoots } from "../cargo/roots.ts";

/** Bytes of which nothing is known as text: one latin1 character a byte, the machine's paths as placeholders. */
export function normaliseBytes(bytes: Buffer, roots: PathRoots): string {
  return normaliseText(bytes.toString("latin1"), inLatin1(roots));
}

/** The bytes behind such a text, with this machine's paths. Throws as `expandText` does. */
export function expandBytes(text: string, roots: PathRoots): Buffer {
  return Buffer.from(expandText(text, inLatin1(roots)), "latin1");
}

/** Like `normaliseBytes`, for the Makefile syntax of rustc's dep-info, in which blanks are escaped. */
export function normaliseDepInfo(bytes: Buffer, roots: PathRoots): Buffer {
  const text = rerootDepInfo(bytes.toString("latin1"), (part) => normaliseText(part, inLatin1(roots)));
  return Buffer.from(text, "latin1");
}

/** What dep-info has a way of its own to write. */
const ESCAPED = /[\s\\]/;

/** Like `expandBytes`, for dep-info. */
export function expandDepInfo(bytes: Buffer, roots: PathRoots): Buffer {
  const text = bytes.toString("latin1");
  const latin1 = inLatin1(roots);
  const expanded = expandsAlike(roots)
    ? expandText(text, latin1)
    : rerootDepInfo(text, (part) => expandText(part, latin1));
  return Buffer.from(expanded, "latin1");
}

/** True if these paths look in dep-info as they do anywhere. */
export function expandsAlike(roots: PathRoots): boolean {
  return !roots.roots.some(({ path }) => ESCAPED.test(path));
}

const converted = new WeakMap<PathRoots, PathRoots>();

/** Roots as they look where UTF-8 was read as latin1. */
export function inLatin1(roots: PathRoots): PathRoots {
  const known = converted.get(roots);
  if (known !== undefined) return known;
  const latin1 = {
    roots: roots.roots.map(({ name, path }) => ({
      name,
      path: Buffer.from(path, "utf8").toString("latin1"),
    })),
  };
  converted.set(roots, latin1);
  return latin1;
}

/** True if rustc's JSON would write one of these paths other than it is. */
export function hasEscapes(roots: PathRoots): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes these
  return roots.roots.some(({ path }) => /["\\\x00-\x1f]/.test(path));
}
