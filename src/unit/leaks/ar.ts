// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Budget } from "./budget.ts";
import { Unsearchable } from "./unsearchable.ts";

const MAGIC = "!<arch>\n";
const HEADER = 60;

/** True for a static library or rlib. */
export function isAr(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).toString("latin1") === MAGIC;
}

/**
 * The members of an archive, without their names, which may stand in front of a member (BSD) or in one (GNU).
 * Names are among the archive's own bytes. https://man.freebsd.org/cgi/man.cgi?query=ar&sektion=5
 */
export function* arMembers(bytes: Buffer, budget: Budget): Generator<Buffer> {
  for (let at = MAGIC.length; at < bytes.length; ) {
    budget.part();
    const header = bytes.toString("latin1", at, at + HEADER);
    const size = /^(.{48})(\d+) *`\n$/s.exec(header)?.[2];
    const start = at + HEADER;
    const end = start + Number(size ?? Number.NaN);
    if (size === undefined || end > bytes.length) throw new Unsearchable("it is no whole archive");
    const bsdName = Number(/^#1\/(\d+)/.exec(header)?.[1] ?? 0);
    yield bytes.subarray(Math.min(start + bsdName, end), end);
    at = end + (end % 2);
  }
}
