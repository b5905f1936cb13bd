// SPDX-License-Identifier: MIT OR Apache-2.0
import { lstatSync, readlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { SandboxMount } from "./spec.ts";

/** Longer chains of symbolic links are loops (Linux itself stops at 40). */
const MAX_LINKS = 40;

/** Where a path leads, and the symbolic links on the way, which must be there too. */
export interface ResolvedPath {
  /** Without symbolic links; undefined if there is nothing. */
  readonly path: string | undefined;
  readonly links: readonly (SandboxMount & { readonly kind: "symlink" })[];
}

/** Follows a path link by link. What is found of the links is remembered in `known`: they hardly change during a build. */
export function resolvePath(path: string, known: Map<string, string | undefined>): ResolvedPath {
  const links: (SandboxMount & { readonly kind: "symlink" })[] = [];
  let rest = resolve(path).split("/").slice(1);
  let at = "/";
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "") continue;
    const next = join(at, name);
    const target = targetOf(next, known);
    if (target === undefined) {
      at = next;
      continue;
    }
    links.push({ kind: "symlink", path: next, target });
    if (links.length > MAX_LINKS) return { path: undefined, links };
    rest = [...resolve(dirname(next), target).split("/").slice(1), ...rest];
    at = "/";
  }
  return { path: exists(at) ? at : undefined, links };
}

function targetOf(path: string, known: Map<string, string | undefined>): string | undefined {
  if (known.has(path)) return known.get(path);
  const target = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
    ? readlinkSync(path)
    : undefined;
  known.set(path, target);
  return target;
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // below a file, or not for us
  }
}
