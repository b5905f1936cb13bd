// SPDX-License-Identifier: MIT OR Apache-2.0
import { create } from "@bufbuild/protobuf";
import { type Stat, StatSchema } from "../proto/fsutil_pb.ts";
import type { SentEntry } from "./sent-entry.ts";

/** Go's `fs.FileMode`. */
const DIRECTORY = 2 ** 31;
const SYMLINK = 2 ** 27;
/** The time that `cargo package` gives to files that it writes, seconds. */
const EPOCH = 1_153_704_088n;
const NS = 1_000_000_000n;
/** How many bits of a digest become part of a time: 2^52 ns are 52 days. */
const TIME_DIGITS = 13;

/**
 * What a builder is told of an entry. It keeps a file that it has if all of this is the same, whatever is in it: so the
 * time of one that may change is made of its digest.
 */
export function statOf(entry: SentEntry): Stat {
  const { path } = entry;
  const modTime = EPOCH * NS;
  switch (entry.kind) {
    case "directory":
      return create(StatSchema, { path, mode: DIRECTORY + 0o755, modTime });
    case "link":
      return create(StatSchema, { path, mode: SYMLINK + 0o777, linkname: entry.target, modTime });
    case "file": {
      const { digest, executable, size } = entry;
      const shift = digest === undefined ? 0n : BigInt(`0x${digest.slice(0, TIME_DIGITS)}`);
      const mode = executable ? 0o755 : 0o644;
      return create(StatSchema, { path, mode, size: BigInt(size), modTime: modTime + shift });
    }
  }
}
