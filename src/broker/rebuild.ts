// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";
import type { RecordRow, Store } from "../store/store.ts";

/** What became of a unit that was compiled again. */
export interface Rebuild {
  readonly row: RecordRow;
  readonly outcome: "same" | "different" | "skipped";
  /** Which files differ, or why it was skipped. */
  readonly detail: string;
}

/** Placeholder: compiles `count` random units again and compares the bytes. */
export async function rebuildRecords(
  _store: Store,
  _count: number,
  _options: { readonly onProgress: (text: string) => void },
): Promise<readonly Rebuild[]> {
  throw new GreenError("internal", "Rebuilding is not written yet");
}
