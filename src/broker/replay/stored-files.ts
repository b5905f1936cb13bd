// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import {
  parseDepInfoFile,
  rerootDepInfoFile,
  writeDepInfoFile,
} from "../../cargo/fingerprint/dep-info-file.ts";
import { expandText, normaliseText, type PathRoots } from "../../cargo/roots.ts";
import { pathBelow } from "../../unit/path-below.ts";
import type { StoredText } from "./entry.ts";
import type { FileOperation } from "./file-operations.ts";

const MARK = "@@green:";
/** The same on all machines that share a result, or part of what decides whether they do. */
const SYSTEM = /^\/(usr|lib|lib32|lib64|bin|sbin|etc|opt|nix|proc|dev|sys)(\/|$)/;
/** Files in which Cargo writes paths as they are, one after another, in no format that would have to be kept. */
const DEP_INFO = /^dep-/;

/** True for a path that has no placeholder and is not the system's: a place of this checkout, though no root says so. */
export function isElsewhere(path: string): boolean {
  return isAbsolute(path) && !SYSTEM.test(path);
}

/** The plain files of a directory, and whether one of them names a place that has no placeholder. */
export interface ReadFiles {
  readonly files: readonly StoredText[];
  readonly namesOthers: boolean;
}

/** Reads what Cargo keeps in a directory, but for `without`. `roots` are in latin1. Undefined if it cannot be told. */
export function readFiles(
  directory: string,
  without: readonly string[],
  roots: PathRoots,
): ReadFiles | undefined {
  let namesOthers = false;
  const files: StoredText[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isFile() || without.includes(name)) continue;
    const bytes = readFileSync(join(directory, name));
    if (!DEP_INFO.test(name)) {
      files.push({ name, kind: "text", content: normaliseText(bytes.toString("latin1"), roots) });
      continue;
    }
    const parsed = parseDepInfoFile(bytes);
    const stored =
      parsed &&
      rerootDepInfoFile(parsed, {
        path: (path) => {
          const placed = normaliseText(path, roots);
          if (isElsewhere(placed)) namesOthers = true;
          return placed;
        },
        value: (value) => normaliseText(value, roots),
      });
    if (stored?.ok !== true) return undefined;
    const content = Buffer.from(writeDepInfoFile(stored.depInfo)).toString("latin1");
    files.push({ name, kind: "dep-info", content });
  }
  return { files, namesOthers };
}

/**
 * Files as Cargo would have written them here, all of one age (seconds), written with these `roots`.
 * Throws as `pathBelow` and `expandText` do.
 */
export function filesHere(
  directory: string,
  files: readonly StoredText[],
  roots: PathRoots,
  mtime: number,
): readonly FileOperation[] {
  return files.map(({ name, kind, content }) => {
    const path = pathBelow(directory, name);
    return kind === "text"
      ? { kind: "expand", path, text: content, mtime }
      : { kind: "write", path, bytes: depInfoHere(content, roots), mtime };
  });
}

/** Paths have their sizes before them. */
function depInfoHere(content: string, roots: PathRoots): Buffer {
  if (!content.includes(MARK)) return Buffer.from(content, "latin1");
  const parsed = parseDepInfoFile(Buffer.from(content, "latin1"));
  if (parsed === undefined) throw new TypeError("a stored dep-info cannot be read");
  const place = (text: string) => expandText(text, roots);
  const files = parsed.files.map((file) => ({ ...file, path: place(file.path) }));
  const env = parsed.env.map(({ name, value }) => ({
    name,
    value: value === undefined ? value : place(value),
  }));
  return Buffer.from(writeDepInfoFile({ isOld: parsed.isOld, files, env }));
}
