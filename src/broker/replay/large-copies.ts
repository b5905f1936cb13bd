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
 * Begins the copies of large files that these units will need if they are laid down, the largest last: what is linked
 * into it is laid down before.
 *
 * @param directoryOf where a unit's copies wait, on the file system of their place
 */
export function largeCopies<Unit extends { readonly entry: Pick<ReplayEntry, "result"> }>(
  units: readonly Unit[],
  sourceOf: (digest: Digest) => string,
  directoryOf: (unit: Unit) => string,
): readonly FileOperation[] {
  const large = units
    .filter(({ entry }) => entry.result.identity.kind !== "proc-macro") // links, if rustc links as it does by itself
    .flatMap((unit) => unit.entry.result.outputs.filter(isCopied).map((output) => ({ unit, output })))
    .sort((a, b) => a.output.size - b.output.size);
  const copies: FileOperation[] = [];
  let bytes = 0;
  for (const { unit, output } of large) {
    bytes += output.size;
    if (bytes > MAX_BYTES) break;
    copies.push({ kind: "ahead", path: sourceOf(output.digest), directory: directoryOf(unit) });
  }
  return copies;
}

/** Executables never are links; most libraries are, and the others are copied when their turn comes. */
function isCopied({ role, executable, size }: OutputFile): boolean {
  return role === "plain" && executable && size >= LARGE_BYTES;
}
