// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { writablePathKind } from "../config/kinds.ts";
import { GreenError } from "../error.ts";

/**
 * The directory of a trace: what `--trace=DIR` names, counted from `cwd`; without DIR one of its own in the project.
 * @throws GreenError "usage" if nothing can be kept there
 */
export function tracePlace(named: string, project: string, cwd: string, now: Date): string {
  if (named === "") return join(project, "target", "green-trace", now.toISOString().replaceAll(":", ""));
  const directory = writablePathKind.fromText(named, { directory: cwd, home: undefined });
  if (directory !== undefined) return directory;
  throw new GreenError("usage", `--trace is "${named}", which is not ${writablePathKind.wanted}`, {
    hint: "write --trace=DIRECTORY, or --trace alone for one in target/green-trace",
  });
}
