// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect } from "vitest";
import type { CargoOptions, Sandbox } from "./sandbox.ts";

/** What Cargo says when it starts what it has built, as `run` and `test` do. */
function isStarted(line: string): boolean {
  return /^ +Running /.test(line) && !/rustc --crate-name|rustdoc (?!.*--test)|\/build\//.test(line);
}

/** Fails unless plain cargo, run with the same settings, has nothing to do. */
export async function expectPlainFresh(
  sandbox: Sandbox,
  args: readonly string[],
  options: CargoOptions,
): Promise<void> {
  const [subcommand = "", ...rest] = args;
  const build = await sandbox.cargo([subcommand, "-v", ...rest], options);
  const statuses = build.stderr.match(/^ +(Fresh|Dirty|Compiling|Checking|Running) .*$/gm) ?? [];
  expect(statuses.length).toBeGreaterThan(0);
  expect(statuses.filter((line) => !/^ +Fresh /.test(line) && !isStarted(line))).toEqual([]);
  expect(build.compiled).toEqual([]);
}
