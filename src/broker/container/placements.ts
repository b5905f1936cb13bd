// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { findRoots, type PathRoots } from "../../cargo/roots.ts";
import type { UnitStore } from "../../store/store.ts";
import { listTree } from "../../unit/tree.ts";
import { pathsIn } from "../confinement.ts";
import type { UnitToRun } from "../unit-runner.ts";
import { isDepInfo } from "./bring-home.ts";
import { type LeftFiles, namesPlaces } from "./left-files.ts";
import type { Placement, Places } from "./places.ts";

type Memo = Pick<UnitStore, "memo" | "remember">;

const NAMESPACE = "tells its places";

/** Variables that name what other units made: `links` metadata and artifact dependencies. */
export const NAMES_PATHS = /^(DEP_|CARGO_(BIN|CDYLIB|STATICLIB)_(DIR|FILE)_)/;

/**
 * Where a unit is to be run: in neutral places, unless it is known that it has to be where things are here.
 * Scripts of packages that can change know the way to what is around these, and started programs have a place here.
 * What names places of this machine, such as files that a script left that was run here, is right nowhere else.
 */
export async function placementOf(unit: UnitToRun, memo: Pick<Memo, "memo">): Promise<Placement> {
  if (!unit.isRustc && !unit.package.immutable) return "here";
  if ([...unit.env.keys()].some((name) => name.startsWith("CARGO_BIN_EXE_"))) return "here";
  if (memo.memo(NAMESPACE, nameOf(unit)) !== undefined) return "here";
  const own: PathRoots = {
    roots: unit.roots.roots.filter(({ name }) => name === "TARGET" || name === "CARGO_HOME"),
  };
  const { env } = unit;
  const outDir = env.get("OUT_DIR");
  const generated = unit.isRustc
    ? [...(outDir === undefined ? [] : [outDir])]
    : [...env].flatMap(([name, value]) => (NAMES_PATHS.test(name) ? pathsIn(value) : []));
  for (const path of generated.filter((each) => own.roots.some((root) => each.startsWith(`${root.path}/`)))) {
    if (await textsName(path, own)) return "here";
  }
  const [executable = ""] = unit.argv;
  return !unit.isRustc && findRoots(await readFile(executable), own).length > 0 ? "here" : "neutral";
}

/** Remembers that a unit has to be run where things are here. */
export function rememberHere(unit: UnitToRun, memo: Pick<Memo, "remember">): void {
  memo.remember(NAMESPACE, nameOf(unit), "yes");
}

/**
 * True if what a unit left says where it was run, though on this machine it would have been elsewhere.
 * What dep-info says is put right anyway, and in what a script had compiled a path is only where sources were.
 * @param left what is known of these files already
 */
export async function tellsPlaces(
  from: string,
  { isRustc }: Pick<UnitToRun, "isRustc">,
  { telling }: Pick<Places, "telling">,
  left: LeftFiles["byPath"],
): Promise<boolean> {
  if (telling.roots.length === 0) return false;
  for (const { path, type } of await listTree(from, "everything")) {
    if (type !== "file" || (isRustc && isDepInfo(path))) continue;
    const known = left.get(path);
    if (known?.tellsPlaces ?? namesPlaces(await readFile(join(from, path)), isRustc, telling)) return true;
  }
  return false;
}

/** True if a text at or below a path names one of these places. */
async function textsName(path: string, roots: PathRoots): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  const files = found.isDirectory()
    ? (await listTree(path, "everything")).flatMap((file) =>
        file.type === "file" ? [join(path, file.path)] : [],
      )
    : [path];
  for (const file of files) {
    const bytes = await readFile(file);
    if (!bytes.includes(0) && findRoots(bytes, roots).length > 0) return true;
  }
  return false;
}

/** What a unit is called from build to build. */
function nameOf({ package: own, name }: Pick<UnitToRun, "package" | "name">): string {
  return `${own.identity} ${name}`;
}
