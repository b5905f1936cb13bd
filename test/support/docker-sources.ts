// SPDX-License-Identifier: MIT OR Apache-2.0
import type { DockerSources } from "../../src/runner/engine/docker-files.ts";
import { HOME } from "./fixtures/docker-home.ts";

/** A machine in memory: files by path, variables, and sockets that may be used, or not. */
export function dockerSources(
  files: Readonly<Record<string, string>>,
  env: DockerSources["env"] = {},
  sockets: Readonly<Record<string, boolean>> = {},
): DockerSources {
  return {
    ...{ env, home: HOME },
    readFile: async (path) => files[path],
    async readDirectory(path) {
      const below = Object.keys(files).filter((each) => each.startsWith(`${path}/`));
      return [...new Set(below.map((each) => each.slice(path.length + 1).split("/")[0] ?? ""))];
    },
    mayUse: async (socket) => sockets[socket],
  };
}
