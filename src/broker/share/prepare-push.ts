// SPDX-License-Identifier: MIT OR Apache-2.0
import type { RemoteConfig } from "../../config/config.ts";
import type { InstanceId } from "../../unit/digest.ts";
import type { PrivateWords } from "../../unit/leaks/private-words.ts";
import { fileLeaks } from "./file-leaks.ts";
import type { SharingStore } from "./push-build.ts";
import { segmentOf } from "./unit-segment.ts";

/** Gets units ready to be pushed while others are still compiled. */
export interface PushPreparation {
  /** Takes its turn when those that were added before are done. What goes wrong is left to the push. */
  add(instance: InstanceId): void;
  /** Begins with no other; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/**
 * Makes what a push would take its time with, as soon as a result is recorded: its segment of a layer, which is
 * compressed, and the search of its files, which holds for these words alone.
 */
export function preparePush(
  remotes: readonly Pick<RemoteConfig, "visibility">[],
  store: SharingStore,
  words: PrivateWords,
): PushPreparation {
  const takesAll = remotes.some(({ visibility }) => visibility === "private");
  const findLeak = fileLeaks(store, words);
  let isOver = false;
  let last = Promise.resolve();
  const prepare = async (instance: InstanceId) => {
    const record = isOver ? undefined : store.byInstance(instance);
    if (record === undefined || record.outputs.length === 0) return;
    const { privacy, provenance } = record;
    const isPublic = privacy.class === "public" && provenance.sandbox.mode !== "none";
    if (!isPublic && !takesAll) return;
    await segmentOf(record, store);
    if (isPublic) await findLeak(record.outputs);
  };
  return {
    add(instance) {
      last = last.then(() => prepare(instance)).catch(() => {});
    },
    async stop() {
      isOver = true;
      await last;
    },
  };
}
