// SPDX-License-Identifier: MIT OR Apache-2.0
import { createCatalog } from "./catalog.ts";
import { createMaintenance } from "./maintenance.ts";
import { type OpenOptions, openParts } from "./open-unit-store.ts";
import type { Store } from "./store.ts";

/** Opens the store in `directory` with all that it can do; otherwise as `openUnitStore`. */
export function openStore(directory: string, options: OpenOptions = {}): Store {
  const parts = openParts(directory, options);
  return { ...parts.store, ...createCatalog(parts.index, parts.shelf), ...createMaintenance(parts) };
}
