// SPDX-License-Identifier: MIT OR Apache-2.0

/** What needs no quotes between spaces. */
const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./^~-]+$/;

/**
 * A list of arguments as one line that a person reads and that no other list gives:
 * words between spaces, in JSON quotes where they are empty or hold anything unusual.
 */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (PLAIN_WORD.test(word) ? word : JSON.stringify(word))).join(" ");
}
