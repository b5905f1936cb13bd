// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { classifyEnv } from "../cargo/env-policy.ts";
import { digestOf } from "../unit/digest.ts";
import { listTree } from "../unit/tree.ts";
import type { ExecutableStore } from "./macro-environment.ts";

const NAMESPACE = "env-names-in-sources";

/**
 * Which variables that are set, and that a unit would not be shown, does a package name in a string literal of its
 * Rust sources: `env!("NAME")`, `some_macro!("NAME")`? Such a unit must see them from the start: once rustc has
 * announced its metadata, others may be compiled against it.
 *
 * @param identity Pins the sources: a checksum, or a digest of the package's directory.
 */
export async function namesInSources(
  root: string,
  identity: string,
  env: ReadonlyMap<string, string>,
  store: Pick<ExecutableStore, "memo" | "remember">,
): Promise<readonly string[]> {
  const names = [...env.keys()].filter((name) => classifyEnv(name) === "foreign").sort();
  const key = `${identity} ${digestOf(names.join(" "))}`;
  const known = store.memo(NAMESPACE, key);
  if (known !== undefined) return known === "" ? [] : known.split(" ");
  const wanted = new Set(names);
  const found = new Set<string>();
  for (const { path, type } of await listTree(root, "sources")) {
    if (type !== "file" || !path.endsWith(".rs")) continue;
    const text = await readFile(join(root, path), "latin1");
    for (const [, name = ""] of text.matchAll(LITERAL)) if (wanted.has(name)) found.add(name);
  }
  const sorted = [...found].sort();
  store.remember(NAMESPACE, key, sorted.join(" "));
  return sorted;
}

const LITERAL = /"([A-Za-z_][A-Za-z0-9_]*)"/g;
