// SPDX-License-Identifier: MIT OR Apache-2.0
import { compilePatterns } from "./byte-patterns.ts";

/**
 * Which of some names (of environment variables) stand anywhere in an executable's bytes.
 * Constants lie back to back, so no boundary is asked for: a superset of the names that the code knows.
 * It does not yield: remember the answer by the digest of the file.
 */
export function namesInBytes(bytes: Uint8Array, names: Iterable<string>): Set<string> {
  const wanted = [...new Set(names)].filter((name) => name !== "");
  const found = new Set<string>();
  const find = compilePatterns(wanted.map((name) => Buffer.from(name, "latin1")));
  find(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (pattern) => {
    found.add(wanted[pattern] ?? "");
    return found.size === wanted.length;
  });
  return found;
}
