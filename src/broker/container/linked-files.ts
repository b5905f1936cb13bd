// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { UnitStore } from "../../store/store.ts";
import type { InstanceId } from "../../unit/digest.ts";
import type { UnitRecord } from "../../unit/record.ts";
import type { KnownUnits } from "../known-units.ts";
import type { MadeFiles } from "./made-files.ts";

export interface LinkedFilesContext {
  readonly known: Pick<KnownUnits, "at">;
  readonly store: Pick<UnitStore, "byInstance">;
  readonly made: Pick<MadeFiles, "at" | "compiled">;
}

/** Libraries that a compilation names, and where those below are looked for. Absolute. */
export interface NamedLibraries {
  readonly externs: readonly string[];
  readonly directories: readonly string[];
  /** True if code of all of them ends in the result: metadata alone does not do. */
  readonly links: boolean;
}

/**
 * All files that rustc may load for a compilation: those behind `--extern`, and what these were compiled against, at
 * any depth. Proc-macros are loaded as they are, without what is below. Where it cannot be told what a library was
 * compiled against, everything in the directories is taken.
 */
export async function linkedFiles(
  { externs, directories, links }: NamedLibraries,
  context: LinkedFilesContext,
): Promise<readonly string[]> {
  const found = new Set<string>(externs);
  const seen = new Set<string>();
  const add = (files: readonly string[]) => {
    for (const file of loaded(files, links)) found.add(file);
  };
  const addRecord = (instance: InstanceId, around: readonly string[]): void => {
    if (seen.has(instance)) return;
    seen.add(instance);
    const record = context.store.byInstance(instance);
    if (record === undefined) return;
    add(inPlace(record, around));
    if (record.identity.kind === "proc-macro") return;
    for (const below of record.dependencies) addRecord(below, around);
  };
  const addFile = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const compiled = context.made.compiled(path);
    if (compiled !== undefined) {
      add(compiled.files);
      if (!isLoadedAsCode(path)) for (const below of compiled.externs) await addFile(below);
      return;
    }
    const unit = await context.known.at(path, directories);
    if (unit !== undefined) return addRecord(unit.instance, [dirname(path), ...directories]);
    for (const directory of new Set([dirname(path), ...directories])) {
      const names = await readdir(directory).catch((): string[] => []);
      add(names.map((name) => join(directory, name)));
    }
  };
  for (const path of externs) await addFile(path);
  return [...found].filter((path) => existsSync(path)).sort();
}

/** Of the outputs of one unit those that rustc needs: code where it links, else metadata where there is some. */
function loaded(files: readonly string[], links: boolean): readonly string[] {
  const hasMetadata = new Set(files.filter((file) => file.endsWith(".rmeta")).map(stem));
  return files.filter((file) => {
    if (file.endsWith(".rlib")) return links || !hasMetadata.has(stem(file));
    if (file.endsWith(".rmeta")) return !links || !files.includes(`${stem(file)}.rlib`);
    return isLoadedAsCode(file);
  });
}

function stem(path: string): string {
  return path.replace(/\.(rlib|rmeta)$/, "");
}

function isLoadedAsCode(path: string): boolean {
  return /\.(so|dylib)$/.test(path);
}

/** Where the outputs of a record lie. */
function inPlace({ outputs }: UnitRecord, directories: readonly string[]): readonly string[] {
  return outputs.flatMap(({ path }) => {
    const there = directories.map((directory) => join(directory, path)).find((file) => existsSync(file));
    return there === undefined ? [] : [there];
  });
}
