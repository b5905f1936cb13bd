// SPDX-License-Identifier: MIT OR Apache-2.0
import { openStore } from "../store/open-store.ts";
import { adoptable } from "./adoptable.ts";
import { type Check, reasonOf } from "./finding.ts";

/** Whether the store opens, and how full it is. `formatSize` writes bytes for people. */
export function checkStore(formatSize: (bytes: number) => string): Check {
  return async ({ resolved, env, cwd }) => {
    const check = "store";
    const { cacheDir, keepSize } = resolved.config;
    try {
      const store = openStore(cacheDir);
      try {
        const { records, sizeOnDisk } = store.totals();
        const says = `${records} units in "${cacheDir}", ${formatSize(sizeOnDisk)} on disk`;
        if (records === 0) return [{ check, status: "ok", says }, ...adoptable(env, cwd)];
        if (keepSize === undefined || sizeOnDisk <= keepSize) return [{ check, status: "ok", says }];
        const more = `${says}: more than keep-size (${formatSize(keepSize)})`;
        return [{ check, status: "warning", says: more, todo: "run `cargo green cache prune`" }];
      } finally {
        store.close();
      }
    } catch (thrown) {
      const says = `the store in "${cacheDir}" cannot be opened: ${reasonOf(thrown)}`;
      return [{ check, status: "problem", says, todo: "run `cargo green cache verify`, or set cache-dir" }];
    }
  };
}
