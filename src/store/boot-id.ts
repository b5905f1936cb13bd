// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";

/** Identifies this run of the kernel (random(4)); undefined where the kernel tells none, as on macOS. */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() || undefined;
  } catch {
    return undefined;
  }
}
