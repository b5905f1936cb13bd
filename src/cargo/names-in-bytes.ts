// SPDX-License-Identifier: MIT OR Apache-2.0
import { compilePatterns } from "./byte-patterns.ts";

/** Names shorter than this would hold up the search for all: V8 looks for one of them at a few GB/s, by its first byte. */
const SHORT = 7;

/**
 * Which of some names (of environment variables) stand anywhere in an executable's bytes.
 * Constants lie back to back, so no boundary is asked for: a superset of the names that the code knows.
 * It does not yield: remember the answer by the digest of the file.
 */
export function namesInBytes(bytes: Uint8Array, names: Iterable<string>): Set<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = [...new Set(names)].filter((name) => name !== "");
  const found = new Set(wanted.filter((name) => name.length < SHORT && buffer.includes(name, 0, "latin1")));
  const long = wanted.filter((name) => name.length >= SHORT);
  const find = compilePatterns(long.map((name) => Buffer.from(name, "latin1")));
  find(buffer, (pattern) => {
    found.add(long[pattern] ?? "");
    return found.size === wanted.length;
  });
  return found;
}
