// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ContainerUnit } from "../../containerfile/container-unit.ts";
import type { CacheEntry } from "../buildkit/cache-entry.ts";

/** What can give the results of units to a cache of its own kind. */
export interface CacheExporter {
  /**
   * Exports units that were run, in place of what is in the cache. Returns the cache's manifest as an OCI descriptor in
   * JSON, if it has one. Throws as `ContainerRunner.run` does.
   */
  exportCache(
    units: readonly ContainerUnit[],
    entry: CacheEntry,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}
