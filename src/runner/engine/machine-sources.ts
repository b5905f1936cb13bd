// SPDX-License-Identifier: MIT OR Apache-2.0
import { access, constants, readdir, readFile } from "node:fs/promises";
import type { DockerSources } from "./docker-files.ts";

/** What docker's programs go by on this machine, for who has these variables. */
export function machineSources(env: NodeJS.ProcessEnv): DockerSources {
  return {
    ...{ env, home: env["HOME"] || undefined },
    readFile: (path) => unlessAbsent(readFile(path, "utf8"), undefined),
    readDirectory: (path) => unlessAbsent(readdir(path), []),
    mayUse: (socket) =>
      unlessAbsent(
        access(socket, constants.R_OK | constants.W_OK).then(() => true),
        undefined,
      ).catch(() => false),
  };
}

async function unlessAbsent<T, Absent>(found: Promise<T>, absent: Absent): Promise<T | Absent> {
  try {
    return await found;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return absent;
    throw thrown;
  }
}
