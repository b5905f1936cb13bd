// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync, readlinkSync } from "node:fs";

/** Identifies this run of the kernel (random(4)); undefined where the kernel tells none, as on macOS. */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Identifies what may differ between processes of one run of the kernel: user and namespaces. */
export function bootAndNamespaces(): string | undefined {
  const boot = bootId();
  if (boot === undefined) return undefined;
  try {
    const namespaces = ["user", "mnt", "pid"].map((name) => readlinkSync(`/proc/self/ns/${name}`));
    return [boot, process.getuid?.() ?? "", ...namespaces].join(" ");
  } catch {
    return undefined;
  }
}
