// SPDX-License-Identifier: MIT OR Apache-2.0
import { remedyFor } from "../../runner/container/remedy.ts";
import { mayBeSandbox } from "../../runner/host/failure.ts";
import type { ChildResult } from "../protocol.ts";
import type { UnitToRun } from "../unit-runner.ts";
import { leftOutFile } from "./left-out.ts";
import type { ShownFiles } from "./shown-files.ts";

/** What lets a unit work that failed, as a line below what it said itself; nothing for what is its own affair. */
export async function remedyLine(
  unit: UnitToRun,
  { stdout, stderr }: ChildResult,
  hidden: readonly string[],
  shown: Pick<ShownFiles, "in">,
): Promise<string> {
  const { name, isRustc, package: own } = unit;
  const said = stderr.toString("latin1");
  if (isRustc && !mayBeSandbox(said)) return "";
  const output = `${said}\n${stdout.toString("latin1")}`;
  const file = await leftOutFile(unit, output, shown);
  const remedy =
    file === undefined
      ? remedyFor({ packageName: own.name, output, hidden })
      : `"${file}" is left out by .gitignore or .dockerignore: containers see it once they do not`;
  return remedy === undefined ? "" : `cargo-green: ${name} failed in a container; ${remedy}\n`;
}
