// SPDX-License-Identifier: MIT OR Apache-2.0
import { digestOf } from "../unit/digest.ts";
import type { ContainerInput, ContainerUnit, LocalFile, LocalTree } from "./container-unit.ts";

/** Something of this machine that a Containerfile finds in its build context. */
export type ContextEntry =
  | { readonly kind: "tree"; readonly path: string; readonly tree: LocalTree }
  | { readonly kind: "file"; readonly path: string; readonly file: LocalFile };

type LocalInput = Exclude<ContainerInput, { readonly kind: "output" }>;

/**
 * Where an input is in a build context: a place of its own for each content, so that a step that names it says what it
 * reads, and one context serves many Containerfiles.
 */
export function contextPathOf(input: LocalInput): string {
  if (input.kind === "file") return `${input.file.executable ? "programs" : "files"}/${input.file.digest}`;
  // Several packages may have one identity: a commit's.
  return `trees/${digestOf(JSON.stringify([input.target, input.tree.identity, input.tree.files ?? null]))}`;
}

/** What of this machine the Containerfile of a unit, and of those that it is made of, finds in its context. */
export function contextOf(unit: ContainerUnit): readonly ContextEntry[] {
  const entries = new Map<string, ContextEntry>();
  for (const { inputs } of closureOf(unit)) {
    for (const input of inputs) {
      if (input.kind === "output") continue;
      const path = contextPathOf(input);
      const entry = input.kind === "tree" ? { ...input, path } : { ...input, path };
      entries.set(path, entry);
    }
  }
  return [...entries.values()];
}

/** The units that a unit is made of, each before those that need it, and itself at the end. */
export function closureOf(unit: ContainerUnit): readonly ContainerUnit[] {
  const closure = new Set<ContainerUnit>();
  const visited = new Set<ContainerUnit>();
  const visit = (each: ContainerUnit): void => {
    if (visited.has(each)) return;
    visited.add(each);
    for (const input of each.inputs) if (input.kind === "output") visit(input.unit);
    closure.add(each);
  };
  visit(unit);
  return [...closure];
}
