// SPDX-License-Identifier: MIT OR Apache-2.0
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompressSync } from "node:zlib";
import type { CargoProject } from "../../cargo/metadata.ts";
import type { RustcIdentity } from "../../cargo/toolchain.ts";
import { parseUnitGraph, type UnitGraph } from "../../cargo/unit-graph.ts";
import { type FileState, isOlder, isUnchanged, stateOf } from "./file-state.ts";
import { areMembersUnchanged, type MatchedMembers, matchMembers } from "./member-globs.ts";
import { areTargetsUnchanged, findTargets, type PackageTargets } from "./package-targets.ts";
import type { WatchList } from "./watch-list.ts";

const compress = promisify(zstdCompress);

/** Where graphs are kept. */
export interface GraphShelf {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

export interface KnownGraph {
  readonly graph: UnitGraph;
  readonly project: CargoProject;
  readonly tools: BuildTools;
}

/** What Cargo and the compiler say of themselves. */
export interface BuildTools {
  /** `cargo -vV` */
  readonly cargo: string;
  readonly rustc: RustcIdentity;
}

/** All that a graph depends on, beside its key, as it was. */
interface Surroundings {
  readonly files: Readonly<Record<string, FileState>>;
  readonly packages: readonly PackageTargets[];
  readonly members: MatchedMembers;
}

/** What is kept: a line of JSON, then the graph as Cargo printed it; in one zstd frame with a checksum. */
interface Header {
  readonly surroundings: Surroundings;
  readonly project: CargoProject;
  readonly tools: BuildTools;
}

/** 256 MiB: a graph of 100,000 units is 80 MB. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The remembered graph, if nothing that it depends on has changed. Damaged memories are none. */
export async function recallGraph(key: string, shelf: GraphShelf): Promise<KnownGraph | undefined> {
  const bytes = await shelf.get(key);
  if (bytes === undefined) return undefined;
  try {
    const text = zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES }).toString("utf8");
    const at = text.indexOf("\n");
    const { surroundings, project, tools } = JSON.parse(text.slice(0, at)) as Header;
    if (!areUnchanged(surroundings)) return undefined;
    const parsed = parseUnitGraph(text.slice(at + 1));
    return parsed.kind === "graph" ? { graph: parsed.graph, project, tools } : undefined;
  } catch {
    return undefined;
  }
}

/** What Cargo answered, and what that answer depends on. */
export interface FreshGraph {
  readonly project: CargoProject;
  readonly tools: BuildTools;
  /** The graph as Cargo printed it. */
  readonly json: string;
  readonly watch: WatchList;
  /** When Cargo was asked, milliseconds: what changed since is not what the answer is about. */
  readonly askedAt: number;
}

/** Keeps a graph; false if something that it depends on is so young that it may be another than Cargo has seen. */
export async function rememberGraph(key: string, fresh: FreshGraph, shelf: GraphShelf): Promise<boolean> {
  const { project, tools, json, watch, askedAt } = fresh;
  const members = matchMembers(watch.members.root, watch.members.patterns);
  if (members === undefined) return false;
  const surroundings: Surroundings = {
    files: Object.fromEntries(watch.files.map((path) => [path, stateOf(path)])),
    packages: watch.packages.map(({ root, legacy }) => findTargets(root, legacy)),
    members,
  };
  if (!areOlder(surroundings, askedAt)) return false;
  const header: Header = { surroundings, project, tools };
  const text = `${JSON.stringify(header)}\n${json}`;
  await shelf.put(key, await compress(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }));
  return true;
}

function areUnchanged({ files, packages, members }: Surroundings): boolean {
  for (const path in files) {
    if (!isUnchanged(path, files[path] ?? null)) return false;
  }
  return packages.every(areTargetsUnchanged) && areMembersUnchanged(members);
}

function areOlder({ files, packages, members }: Surroundings, moment: number): boolean {
  const states = [files, members.directories, ...packages.map(({ directories }) => directories)];
  return states.every((each) => Object.values(each).every((state) => isOlder(state, moment)));
}
