// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Which of some names (of environment variables) stand anywhere in an executable's bytes.
 * Constants lie back to back, so no boundary is asked for: a superset of the names that the code knows.
 * One pass for all names (Wu and Manber's shift table over pairs of bytes): 20 MB in 0.1 s for 35 names, 0.3 s for 115.
 * It does not yield: remember the answer by the digest of the file.
 */
export function namesInBytes(bytes: Uint8Array, names: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long: Buffer[] = [];
  for (const name of new Set(names)) {
    const needle = Buffer.from(name, "latin1");
    if (needle.length >= SHORTEST_FOR_TABLE) long.push(needle);
    else if (needle.length > 0 && buffer.includes(needle)) found.add(name);
  }
  if (long.length > 0) scan(buffer, long, found);
  return found;
}

const SHORTEST_FOR_TABLE = 3;
/** A window longer than this gains nothing: the table holds bytes. */
const LONGEST_WINDOW = 32;

function scan(bytes: Buffer, needles: readonly Buffer[], found: Set<string>): void {
  const window = Math.min(LONGEST_WINDOW, ...needles.map((needle) => needle.length));
  const shift = new Uint8Array(65536).fill(window - 1);
  const endingIn = new Map<number, Buffer[]>();
  for (const needle of needles) {
    for (let at = 1; at < window; at++) {
      const pair = ((needle[at - 1] ?? 0) << 8) | (needle[at] ?? 0);
      shift[pair] = Math.min(shift[pair] ?? 0, window - 1 - at);
      if (at === window - 1) endingIn.set(pair, [...(endingIn.get(pair) ?? []), needle]);
    }
  }
  for (let at = window - 1; at < bytes.length; ) {
    const pair = ((bytes[at - 1] ?? 0) << 8) | (bytes[at] ?? 0);
    const by = shift[pair] ?? 1;
    if (by > 0) {
      at += by;
      continue;
    }
    const start = at - window + 1;
    for (const needle of endingIn.get(pair) ?? []) {
      if (
        bytes.compare(needle, 0, needle.length, start, Math.min(start + needle.length, bytes.length)) === 0
      ) {
        found.add(needle.toString("latin1"));
      }
    }
    at++;
  }
}
