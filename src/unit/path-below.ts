// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { GreenError } from "../error.ts";

/**
 * Where a path that a record has lies below a directory. Records may come from other machines, so one is not believed
 * to stay where it belongs: only plain names with `/` between them do, and a `/` at the end of a directory's.
 *
 * @throws GreenError "corrupt" if the path is absolute, leads out of `directory`, or is no path
 */
export function pathBelow(directory: string, path: string): string {
  const names = path.replace(/\/$/, "").split("/");
  if (names.every((name) => name !== "" && name !== "." && name !== ".." && !name.includes("\0"))) {
    return join(directory, path);
  }
  throw new GreenError(
    "corrupt",
    `A record names ${JSON.stringify(path)}, which is not below its directory`,
    {
      hint: "`cargo green cache rm` removes the record",
    },
  );
}
