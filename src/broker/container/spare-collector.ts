// SPDX-License-Identifier: MIT OR Apache-2.0
import { setFlagsFromString } from "node:v8";

/** Those that know the flag; others would complain of it. */
const KNOWS_FLAG = /^13\.6\./;

/**
 * Has V8 count what lies outside of its heap as a part of it. What comes from a builder comes in buffers of 64 KiB, and by
 * default all of the heap is gone through again whenever some 10 MB of them have come and gone: more than 20 times for
 * the 215 MB of ripgrep's units, which takes several threads as long as receiving these.
 */
export function spareCollector(v8 = process.versions.v8): void {
  if (KNOWS_FLAG.test(v8)) setFlagsFromString("--external-memory-accounted-in-global-limit");
}
