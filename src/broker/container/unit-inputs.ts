// SPDX-License-Identifier: MIT OR Apache-2.0
import { isAbsolute, resolve } from "node:path";
import { type RustcOption, splitRustcArgv } from "../../cargo/rustc-options.ts";
import type { ContainerInput } from "../../containerfile/container-unit.ts";
import { SYSTEM_DIRECTORIES } from "../../runner/host/system-paths.ts";
import { pathsIn } from "../confinement.ts";
import type { UnitToRun } from "../unit-runner.ts";
import { InputCollector, type InputContext } from "./input-collector.ts";
import { type LinkedFilesContext, linkedFiles } from "./linked-files.ts";
import { everythingIn, gitFilesIn, pinnedTree, treeOf } from "./local-tree.ts";
import { NAMES_PATHS } from "./placements.ts";
import type { ShownFiles } from "./shown-files.ts";

export interface UnitInputsContext extends InputContext, LinkedFilesContext {
  readonly shown: Pick<ShownFiles, "in">;
  /** Show it the workspace around its package as well. */
  readonly wide: boolean;
}

/** What a compilation sees, and which libraries it names. */
export interface CompilationInputs {
  readonly inputs: readonly ContainerInput[];
  /** Absolute paths behind its `--extern`. */
  readonly externs: readonly string[];
}

/** Files of this machine that a compilation sees: its package, what its arguments name, and all that is below that. */
export async function compilationInputs(
  unit: UnitToRun,
  context: UnitInputsContext,
): Promise<CompilationInputs> {
  const collector = await collectPackage(unit, context);
  const split = splitRustcArgv(unit.argv.slice(unit.programs));
  const options = typeof split === "string" ? [] : split.options;
  const at = (path: string) => resolve(unit.cwd, path);
  const externs = options.flatMap((option) => externOf(option).map(at));
  const searched = options.flatMap(searchPathOf).map(({ kind, path }) => ({ kind, path: at(path) }));
  const directories = searched.filter(({ kind }) => kind === "dependency").map(({ path }) => path);
  const linked = await linkedFiles({ externs, directories, links: linksCode(options) }, context);
  for (const file of linked) await collector.add(file);
  const outDir = unit.env.get("OUT_DIR");
  const named = [
    ...(outDir === undefined ? [] : [outDir]),
    ...searched.filter(({ kind }) => kind !== "dependency").map(({ path }) => path),
    ...options.flatMap(filesNamedBy).map(at),
  ];
  for (const path of named) if (!isImages(path, unit)) await collector.add(path);
  return { inputs: await collector.inputs(), externs };
}

/**
 * Files of this machine that a build script's run sees.
 * @param executable where in the container it is
 */
export async function scriptInputs(
  unit: UnitToRun,
  executable: string,
  context: UnitInputsContext,
): Promise<readonly ContainerInput[]> {
  const [program = ""] = unit.argv;
  const collector = await collectPackage(unit, context);
  await collector.add(program, undefined, executable);
  const declared = [...unit.env].flatMap(([name, value]) => (NAMES_PATHS.test(name) ? pathsIn(value) : []));
  for (const path of declared) if (!isImages(path, unit)) await collector.add(path);
  return collector.inputs();
}

/** The package, and what else the unit is known or allowed to look at; larger directories first, as they show the others. */
async function collectPackage(unit: UnitToRun, context: UnitInputsContext): Promise<InputCollector> {
  const { shown, wide, digestFile } = context;
  const { around, isRustc, package: own } = unit;
  const collector = new InputCollector(context);
  const sources = (directory: string) => shown.in(directory, around);
  if (wide && around !== undefined) await collector.add(around, sources);
  const withGit = async (directory: string) => [
    ...(await sources(directory)),
    ...(await gitFilesIn(directory)),
  ];
  const list = isRustc ? sources : withGit;
  for (const path of unit.elsewhere) {
    if (!isImages(path, unit)) await collector.add(path, isDownloaded(path, unit) ? everythingIn : list);
  }
  collector.addTree(
    own.immutable ? await pinnedTree(own) : await treeOf(own.root, await sources(own.root), digestFile),
  );
  return collector;
}

function externOf({ name, value = "" }: RustcOption): readonly string[] {
  const equals = value.indexOf("=");
  return name === "extern" && equals >= 0 ? [value.slice(equals + 1)] : [];
}

function searchPathOf({
  name,
  value = "",
}: RustcOption): readonly { readonly kind: string; readonly path: string }[] {
  if (name !== "L") return [];
  const [, kind = "all", path = ""] = SEARCH_PATH.exec(value) ?? [];
  return [{ kind, path }];
}

const SEARCH_PATH = /^(?:(dependency|crate|native|framework|all)=)?(.*)$/s;

function filesNamedBy({ name, value = "" }: RustcOption): readonly string[] {
  if (name === "target") return value.endsWith(".json") ? [value] : [];
  return name === "codegen" || name === "Z" ? pathsIn(value).filter(isAbsolute) : [];
}

/** True if a compilation ends in something that holds the code of all below it. */
function linksCode(options: readonly RustcOption[]): boolean {
  const values = (wanted: string) =>
    options.flatMap(({ name, value = "" }) => (name === wanted ? value.split(",") : []));
  const emit = values("emit");
  if (emit.length > 0 && !emit.some((kind) => kind === "link" || kind.startsWith("link="))) return false;
  const types = values("crate-type");
  return (
    types.length === 0 ||
    options.some(({ name }) => name === "test") ||
    types.some((type) => type !== "lib" && type !== "rlib")
  );
}

/** True for packages' sources that cannot change, whatever their `.gitignore` says. */
function isDownloaded(path: string, { roots }: Pick<UnitToRun, "roots">): boolean {
  return roots.roots.some(({ name, path: root }) => name === "CARGO_HOME" && path.startsWith(`${root}/`));
}

/** True for what the image has of its own, and what this machine has there must not hide. */
function isImages(path: string, { roots }: Pick<UnitToRun, "roots">): boolean {
  const isBelow = (directory: string) => path === directory || path.startsWith(`${directory}/`);
  const isUnits = roots.roots.some(({ name, path: root }) => !OF_IMAGES.has(name) && isBelow(root));
  return !isUnits && SYSTEM_DIRECTORIES.some(isBelow);
}

const OF_IMAGES: ReadonlySet<string> = new Set(["HOME", "SYSROOT", "RUSTUP_HOME"]);
