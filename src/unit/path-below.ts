// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../error.ts";

/** What is between slashes and no name of a file: nothing, `.`, `..`, or what no path can have. */
const NO_NAME = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;

/**
 * Where a path that a record has lies below a directory. Records may come from other machines, so one is not believed
 * to stay where it belongs: only plain names with `/` between them do, and a `/` at the end of a directory's.
 *
 * @param directory without a `/` at its end
 * @throws GreenError "corrupt" if the path is absolute, leads out of `directory`, or is no path
 */
export function pathBelow(directory: string, path: string): string {
  const names = path.endsWith("/") ? path.slice(0, -1) : path;
  if (!NO_NAME.test(names)) return `${directory}/${path}`;
  throw new GreenError(
    "corrupt",
    `A record names ${JSON.stringify(path)}, which is not below its directory`,
    {
      hint: "`cargo green cache rm` removes the record",
    },
  );
}
