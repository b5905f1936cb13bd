// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitStore } from "../../store/store.ts";
import type { GraphShelf } from "./graph-memory.ts";

const NAMESPACE = "unit-graph";

/** Keeps graphs with the other answers that the store remembers. */
export function memoShelf(store: Pick<UnitStore, "memo" | "remember">): GraphShelf {
  return {
    async get(key) {
      const text = store.memo(NAMESPACE, key);
      return text === undefined ? undefined : Buffer.from(text, "base64");
    },
    async put(key, bytes) {
      store.remember(NAMESPACE, key, Buffer.from(bytes).toString("base64"));
    },
  };
}
