// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const IN_MEMORY = "/dev/shm";
const ENOUGH = 2 * 1024 * 1024 * 1024; // 2 GiB; containers have 64 MiB

/**
 * Where tests keep what they make hundreds of, and sync each time: in memory where there is room, as disks that others
 * use as well take seconds for that.
 */
export function fastDisk(): string {
  if (!existsSync(IN_MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize > ENOUGH ? IN_MEMORY : tmpdir();
}
