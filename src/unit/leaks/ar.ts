// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Budget } from "./budget.ts";
import type { Bytes } from "./bytes.ts";
import { Unsearchable } from "./unsearchable.ts";

const MAGIC = "!<arch>\n";
const HEADER = 60;

/** True for a static library or rlib. */
export function isAr(bytes: Bytes): boolean {
  return bytes.read(0, MAGIC.length).toString("latin1") === MAGIC;
}

/**
 * The members of an archive, without their names, which may stand in front of a member (BSD) or in one (GNU).
 * Names are among the archive's own bytes. https://man.freebsd.org/cgi/man.cgi?query=ar&sektion=5
 */
export function* arMembers(bytes: Bytes, budget: Budget): Generator<Bytes> {
  for (let at = MAGIC.length; at < bytes.length; ) {
    budget.part();
    const header = bytes.read(at, HEADER).toString("latin1");
    const size = /^(.{48})(\d+) *`\n$/s.exec(header)?.[2];
    const start = at + HEADER;
    const end = start + Number(size ?? Number.NaN);
    if (size === undefined || end > bytes.length) throw new Unsearchable("it is no whole archive");
    const bsdName = Number(/^#1\/(\d+)/.exec(header)?.[1] ?? 0);
    yield bytes.part(Math.min(start + bsdName, end), end);
    at = end + (end % 2);
  }
}
