// SPDX-License-Identifier: MIT OR Apache-2.0

/** Smaller ones may lie in memory that others share: Node takes it for many at once. */
const LEAST = 1024 * 1024; // 1 MiB

/**
 * Gives the memory of large bytes back at once, for the next ones: V8 would first look through all that lives, and the
 * kernel find and empty other pages. Nobody may look at them any more: they are empty then, in all views.
 */
export function freeMemory(bytes: Buffer): void {
  const { buffer, byteLength } = bytes;
  if (byteLength >= LEAST && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
