// SPDX-License-Identifier: MIT OR Apache-2.0
import type { StoreCatalog, UnitStore } from "../../store/store.ts";
import { type KnownLayers, knownLayers } from "./known-layers.ts";
import { localUnits } from "./local-units.ts";

/** What the local store knows of what is elsewhere. */
export interface LocalKnowledge {
  readonly localUnit: ReturnType<typeof localUnits>;
  readonly layers: KnownLayers;
}

export function localKnowledge(
  store: Pick<StoreCatalog, "list" | "get"> & Pick<UnitStore, "memo" | "remember">,
): LocalKnowledge {
  return { localUnit: localUnits(store), layers: knownLayers(store) };
}
