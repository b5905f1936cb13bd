// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitStore } from "../store/store.ts";
import type { Digest } from "../unit/digest.ts";

/**
 * A store for a time in which nobody but us writes files: what it said of one, or remembered, it is not asked again.
 * Hundreds of units are made of the same files, and with the same macros.
 */
export function askedOnce(store: UnitStore): UnitStore {
  const digests = new Map<string, Promise<Digest>>();
  const answers = new Map<string, string>();
  return {
    ...store,
    digestFile(path) {
      const known = digests.get(path);
      if (known !== undefined) return known;
      const digest = store.digestFile(path);
      digests.set(path, digest);
      digest.catch(() => digests.delete(path)); // it may be there by the next time
      return digest;
    },
    memo(namespace, key) {
      const question = `${namespace}\0${key}`;
      const answer = answers.get(question) ?? store.memo(namespace, key);
      if (answer !== undefined) answers.set(question, answer);
      return answer;
    },
  };
}
