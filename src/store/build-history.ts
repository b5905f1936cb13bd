// SPDX-License-Identifier: MIT OR Apache-2.0
import { BUILD_LOG_SCHEMA, type BuildLog } from "./build-log.ts";
import type { IndexDatabase } from "./index-database.ts";
import { findNearest } from "./nearest.ts";
import { compressJson, decompressJson } from "./record-file.ts";
import type { RecordShelf } from "./record-shelf.ts";
import type { BuildHistory } from "./store.ts";

function readLog(blob: Uint8Array): BuildLog | undefined {
  try {
    const log = decompressJson(blob) as BuildLog;
    return log.schema === BUILD_LOG_SCHEMA ? log : undefined;
  } catch {
    return undefined; // a log is not worth an error
  }
}

/** The last build of each workspace, and what its missed units come nearest to. */
export function createBuildHistory(index: IndexDatabase, shelf: Pick<RecordShelf, "load">): BuildHistory {
  return {
    saveBuild(build) {
      index
        .sql("INSERT OR REPLACE INTO builds (workspace, finished, log) VALUES (?, ?, ?)")
        .run(build.workspace, Math.round(build.finished), compressJson(build));
    },
    lastBuild(workspaceDirectory) {
      const row = index
        .sql<{ log: Uint8Array }>("SELECT log FROM builds WHERE workspace = ?")
        .get(workspaceDirectory);
      return row && readLog(row.log);
    },
    nearest: (identity, inputs, options) => findNearest(index, shelf, identity, inputs, options),
  };
}
