// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";

/** Smallest hashes kept; each is one of the 16 hash functions that one sha256 holds 16 bits of. */
const SLOTS = 16;
/** Hexadecimal digits kept of each: one byte. */
const DIGITS = 2;
/** Two unequal sets have so many equal slots by chance. */
const BY_CHANCE = SLOTS / 256;

/**
 * A sketch of a set by which its likeness to others can be told from their names alone: b-bit minwise hashing (Li and
 * König, 2010, https://arxiv.org/abs/0910.3349) with 16 functions of one byte each. 32 hexadecimal digits.
 */
export function sketchOf(names: readonly string[]): string {
  const least = new Array<number>(SLOTS).fill(0xffff);
  for (const name of names) {
    const digest = hash("sha256", name, "buffer");
    for (let slot = 0; slot < SLOTS; slot++) {
      least[slot] = Math.min(least[slot] ?? 0xffff, digest.readUInt16BE(slot * 2));
    }
  }
  return least.map((value) => (value & 0xff).toString(16).padStart(DIGITS, "0")).join("");
}

/** About which part of the union of two sets is in both, from 0 to 1. */
export function likeness(a: string, b: string): number {
  if (a.length !== SLOTS * DIGITS || b.length !== a.length) return 0;
  let equal = 0;
  for (let at = 0; at < a.length; at += DIGITS) {
    if (a.slice(at, at + DIGITS) === b.slice(at, at + DIGITS)) equal += 1;
  }
  return Math.max(0, (equal - BY_CHANCE) / (SLOTS - BY_CHANCE));
}
