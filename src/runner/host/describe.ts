// SPDX-License-Identifier: MIT OR Apache-2.0
import type { SandboxMount, SandboxSpec } from "./spec.ts";
import {
  isTooBroad,
  NETWORK_FILES,
  SYSTEM_DIRECTORIES,
  SYSTEM_FILES,
  TEMPORARY_DIRECTORIES,
} from "./system-paths.ts";
import { resolvePath } from "./visible-paths.ts";

/** What a unit needs of the machine beyond the system's programs and libraries. */
export interface SandboxFacts {
  /** Absolute; need not exist, and may contain symbolic links. */
  readonly readOnly: readonly string[];
  readonly readWrite: readonly string[];
  /** Directories, TMPDIR for one, in whose place it gets empty ones of its own. */
  readonly scratch: readonly string[];
  /** Never shown as a whole, nor what contains it. */
  readonly home: string | undefined;
  readonly network: boolean;
  readonly cwd: string;
}

/** Remembers symbolic links, and what every unit sees of the system, from unit to unit. */
export type KnownLinks = Map<string, string | undefined>;

const systemMounts = new WeakMap<KnownLinks, ReadonlyMap<string, SandboxMount>>();

/** Everything that a unit is to see, in the order in which it can be put together. */
export function describeSandbox(facts: SandboxFacts, known: KnownLinks = new Map()): SandboxSpec {
  const { home } = facts;
  const mounts = new Map(systemOf(known));
  const show = (kind: "ro" | "rw", wanted: readonly string[]) =>
    addTo(mounts, kind, wanted, known, (path) => isTooBroad(path, home));
  const scratch = facts.scratch.filter((path) => path.startsWith("/") && !isTooBroad(path, home));
  addTo(mounts, "tmpfs", scratch, known);
  if (facts.network) show("ro", NETWORK_FILES);
  show("ro", facts.readOnly);
  show("rw", facts.readWrite);
  // The directory to start in may have nothing in it that is to be seen.
  const cwd = resolvePath(facts.cwd, known);
  for (const link of cwd.links) if (!isOfProcesses(link.path)) mounts.set(link.path, link);
  return { mounts: inOrder([...mounts.values()]), network: facts.network, cwd: cwd.path ?? facts.cwd };
}

function systemOf(known: KnownLinks): ReadonlyMap<string, SandboxMount> {
  const found = systemMounts.get(known);
  if (found !== undefined) return found;
  const mounts = new Map<string, SandboxMount>();
  addTo(mounts, "tmpfs", TEMPORARY_DIRECTORIES, known);
  addTo(mounts, "ro", [...SYSTEM_DIRECTORIES, ...SYSTEM_FILES], known);
  systemMounts.set(known, mounts);
  return mounts;
}

/** Adds what is there, by its path without links, and the links that lead to it. */
function addTo(
  mounts: Map<string, SandboxMount>,
  kind: "ro" | "rw" | "tmpfs",
  wanted: readonly string[],
  known: KnownLinks,
  refuses: (path: string) => boolean = () => false,
): void {
  for (const each of wanted) {
    const { path, links } = resolvePath(each, known);
    for (const link of links) if (!isOfProcesses(link.path)) mounts.set(link.path, link);
    if (path !== undefined && !isOfProcesses(path) && !refuses(path)) mounts.set(path, { kind, path });
  }
}

/** Every sandbox has a /proc of its own, to which nothing can be added. */
function isOfProcesses(path: string): boolean {
  return path.startsWith("/proc/");
}

/**
 * Parents first. What a mount above it shows anyway is left out: read-only below read-only or read-write below
 * read-write, and links, which are there already.
 */
function inOrder(mounts: readonly SandboxMount[]): readonly SandboxMount[] {
  const sorted = [...mounts].sort((a, b) => (a.path < b.path ? -1 : 1));
  const above: SandboxMount[] = [];
  return sorted.filter((mount) => {
    while (above.length > 0 && !mount.path.startsWith(`${above.at(-1)?.path.replace(/\/$/, "")}/`))
      above.pop();
    const parent = above.at(-1);
    if (
      parent !== undefined &&
      parent.kind !== "tmpfs" &&
      (mount.kind === parent.kind || mount.kind === "symlink")
    )
      return false;
    if (mount.kind !== "symlink") above.push(mount);
    return true;
  });
}
