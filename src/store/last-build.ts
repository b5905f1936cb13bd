// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname } from "node:path";
import type { BuildLog } from "./build-log.ts";
import type { BuildHistory } from "./store.ts";

/** The last build of the innermost directory, from `start` upwards, that had one: members share their workspace's. */
export function lastBuildAround(
  history: Pick<BuildHistory, "lastBuild">,
  start: string,
): BuildLog | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    const build = history.lastBuild(directory);
    if (build !== undefined || directory === dirname(directory)) return build;
  }
}
