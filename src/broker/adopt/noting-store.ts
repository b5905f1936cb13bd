// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitStore } from "../../store/store.ts";
import type { Digest } from "../../unit/digest.ts";

export interface NotingStore {
  readonly store: UnitStore;
  /** Absolute paths of all files whose contents were asked for. */
  readonly noted: ReadonlySet<string>;
}

/**
 * A store that notes which files it was asked to digest: all that went into a key by its contents, whatever it was.
 *
 * @param unstored finds a file whose bytes are not stored yet
 */
export function noteDigests(
  store: UnitStore,
  unstored: (digest: Digest) => Promise<Buffer> | undefined,
): NotingStore {
  const noted = new Set<string>();
  const noting: UnitStore = {
    ...store,
    digestFile(path) {
      noted.add(path);
      return store.digestFile(path);
    },
    read: (digest) => unstored(digest) ?? store.read(digest),
  };
  return { store: noting, noted };
}
