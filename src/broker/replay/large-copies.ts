// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Digest } from "../../unit/digest.ts";
import type { OutputFile } from "../../unit/record.ts";
import type { ReplayEntry } from "./entry.ts";
import type { FileOperation } from "./file-operations.ts";

/** Smaller files take no time. */
export const LARGE_BYTES = 256 * 1024; // 256 KiB
/** No more is copied for nothing if it turns out that other results are right. */
const MAX_BYTES = 1024 * 1024 * 1024; // 1 GiB

/**
 * Begins the copies of large files that these entries will need if they are laid down, the largest last: what is linked
 * into it is laid down before.
 *
 * @param directoryOf where an entry's copies wait, on the file system of their place
 */
export function largeCopies(
  entries: readonly ReplayEntry[],
  sourceOf: (digest: Digest) => string,
  directoryOf: (entry: ReplayEntry) => string,
): readonly FileOperation[] {
  const large = entries
    .filter(({ result }) => result.identity.kind !== "proc-macro") // links, if rustc links as it does by itself
    .flatMap((entry) => entry.result.outputs.filter(isCopied).map((output) => ({ entry, output })))
    .sort((a, b) => a.output.size - b.output.size);
  const copies: FileOperation[] = [];
  let bytes = 0;
  for (const { entry, output } of large) {
    bytes += output.size;
    if (bytes > MAX_BYTES) break;
    copies.push({ kind: "ahead", path: sourceOf(output.digest), directory: directoryOf(entry) });
  }
  return copies;
}

/** Executables never are links; most libraries are, and the others are copied when their turn comes. */
function isCopied({ role, executable, size }: OutputFile): boolean {
  return role === "plain" && executable && size >= LARGE_BYTES;
}
