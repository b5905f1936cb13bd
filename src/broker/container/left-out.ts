// SPDX-License-Identifier: MIT OR Apache-2.0
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { UnitToRun } from "../unit-runner.ts";
import type { ShownFiles } from "./shown-files.ts";

/** What stands between quotes, in JSON as well, and could be a file: rustc and most programs name them so. */
const QUOTED = /[`"']([^`"'\\\n]*[./][^`"'\\\n]*)\\?[`"']/g;
/** A file that is missing is named among the first of these: 200. */
const MAX_NAMES = 200;

/**
 * A file that a unit of a package that can change named as it failed, and that is here, but was not shown to it for what
 * `.gitignore` or `.dockerignore` say: relative to its workspace, or package. Undefined if there is none.
 */
export async function leftOutFile(
  { package: own, around, cwd }: Pick<UnitToRun, "package" | "around" | "cwd">,
  output: string,
  shown: Pick<ShownFiles, "in">,
): Promise<string | undefined> {
  if (own.immutable) return undefined;
  const top = around !== undefined && `${own.root}/`.startsWith(`${around}/`) ? around : own.root;
  const names = [...output.matchAll(QUOTED)].slice(0, MAX_NAMES).map(([, name = ""]) => name);
  const below = [...new Set(names.map((name) => resolve(cwd, name)))].filter((path) =>
    path.startsWith(`${top}/`),
  );
  if (below.length === 0) return undefined;
  const seen = new Set(await shown.in(top, around));
  for (const path of below) {
    const relative = path.slice(top.length + 1);
    const isHere = await stat(path).catch(() => undefined);
    if (isHere?.isFile() === true && !seen.has(relative)) return relative;
  }
  return undefined;
}
