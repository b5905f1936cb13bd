// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect } from "vitest";
import type { Limits } from "../../../src/unit/leaks/budget.ts";
import { bytesOf, type ReadBytes, rangedBytes } from "../../../src/unit/leaks/bytes.ts";
import type { PrivateWords } from "../../../src/unit/leaks/private-words.ts";
import { type Leak, scanFile } from "../../../src/unit/leaks/scan.ts";

/** Smaller than what is looked for, so that there are many windows. */
const WINDOW = 7;

/** What a scan finds in bytes in memory, which must be what it finds where it reads them bit by bit. */
export async function scanBoth(
  where: string,
  bytes: Buffer,
  words: PrivateWords,
  limits?: Limits,
): Promise<readonly Leak[]> {
  const found = await scanFile(where, bytesOf(bytes), words, limits);
  const read: ReadBytes = (at, length, memory = Buffer.alloc(length)) => {
    expect(at + length).toBeLessThanOrEqual(bytes.length);
    expect(bytes.copy(memory, 0, at, at + length)).toBe(length);
    return memory.subarray(0, length);
  };
  const ranged = rangedBytes(bytes.length, read, bytes.length > 100_000 ? 50_000 : WINDOW);
  expect(await scanFile(where, ranged, words, limits)).toEqual(found);
  return found;
}
