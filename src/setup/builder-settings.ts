// SPDX-License-Identifier: MIT OR Apache-2.0
import { fieldsOf } from "../config/table-fields.ts";
import type { BuilderEntry } from "../runner/buildkit/connection/builder-entry.ts";
import { type FileChange, readUserFile } from "./file-change.ts";
import { setTomlValue, tomlValue } from "./toml-edit.ts";
import { removeToml } from "./toml-remove.ts";

/** The change of a settings file that makes a builder the chosen one; undefined: that takes a choice back. */
export async function planBuilderUse(path: string, name: string | undefined): Promise<FileChange> {
  const before = readUserFile(path);
  const text = before ?? "";
  const after =
    name === undefined
      ? await removeToml(path, text, ["builder"])
      : await setTomlValue(path, text, { path: ["builder"], literal: JSON.stringify(name) });
  return { path, before, after: before === undefined && after === "" ? undefined : after };
}

/** The change that writes a builder down; only what is said of it. */
export async function planBuilderAdd(path: string, name: string, entry: BuilderEntry): Promise<FileChange> {
  const before = readUserFile(path);
  const said: ReadonlyMap<string, unknown> = new Map(Object.entries(entry));
  let after = before ?? "";
  // Each is put right below the header.
  for (const [field, { key }] of fieldsOf("builders").toReversed()) {
    const value = said.get(field);
    if (value === undefined) continue;
    after = await setTomlValue(path, after, {
      path: ["builders", name, key],
      literal: JSON.stringify(value),
    });
  }
  return { path, before, after };
}

/** The change that forgets a builder, and that it was chosen. */
export async function planBuilderRemove(path: string, name: string): Promise<FileChange> {
  const before = readUserFile(path);
  let after = await removeToml(path, before ?? "", ["builders", name]);
  if ((await tomlValue(path, after, ["builder"])) === name)
    after = await removeToml(path, after, ["builder"]);
  return { path, before, after: before === undefined ? undefined : after };
}
