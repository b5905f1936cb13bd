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
  /** `cargo -V` */
  readonly cargo: string;
  readonly rustc: RustcIdentity;
}

/** All that a graph depends on, beside its key, as it was. */
export interface Surroundings {
  readonly files: Readonly<Record<string, FileState>>;
  readonly packages: readonly PackageTargets[];
  readonly members: MatchedMembers;
}

interface Header {
  readonly surroundings: Surroundings;
  readonly project: CargoProject;
  readonly tools: BuildTools;
}

/** 256 MiB: a graph of 100,000 units is 80 MB. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The remembered graph, if nothing that it depends on has changed. Damaged memories are none. */
export async function recallGraph(key: string, shelf: GraphShelf): Promise<KnownGraph | undefined> {
  const kept = unpackMemory<Header>(await shelf.get(key));
  if (kept === undefined || !areUnchanged(kept.header.surroundings)) return undefined;
  const { project, tools } = kept.header;
  const parsed = parseUnitGraph(kept.json);
  return parsed.kind === "graph" ? { graph: parsed.graph, project, tools } : undefined;
}

/** What Cargo answered, and what that answer depends on. */
export interface FreshGraph {
  readonly project: CargoProject;
  readonly tools: BuildTools;
  /** The graph as Cargo printed it. */
  readonly json: string;
  readonly surroundings: Surroundings;
}

/**
 * How all is that a graph depends on. `askedAt` is when Cargo was asked for it, milliseconds: undefined if something is
 * so young that it may be another than Cargo has seen.
 */
export function surroundingsOf(
  { files, packages, members }: WatchList,
  askedAt: number,
): Surroundings | undefined {
  const matched = matchMembers(members.root, members.patterns);
  if (matched === undefined) return undefined;
  const surroundings: Surroundings = {
    files: Object.fromEntries(files.map((path) => [path, stateOf(path)])),
    packages: packages.map(({ root, legacy }) => findTargets(root, legacy)),
    members: matched,
  };
  return areOlder(surroundings, askedAt) ? surroundings : undefined;
}

/** Keeps a graph. */
export async function rememberGraph(key: string, fresh: FreshGraph, shelf: GraphShelf): Promise<void> {
  const { project, tools, json, surroundings } = fresh;
  const header: Header = { surroundings, project, tools };
  await shelf.put(key, await packMemory(header, json));
}

/** What is kept: a line of JSON, then the graph as Cargo printed it; in one zstd frame with a checksum. */
export function packMemory(header: object, json: string): Promise<Uint8Array> {
  const text = `${JSON.stringify(header)}\n${json}`;
  return compress(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** What `packMemory` was given; undefined if it is damaged, or there is none. */
export function unpackMemory<Header>(
  bytes: Uint8Array | undefined,
): { readonly header: Header; readonly json: string } | undefined {
  if (bytes === undefined) return undefined;
  try {
    const text = zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES }).toString("utf8");
    const at = text.indexOf("\n");
    return { header: JSON.parse(text.slice(0, at)) as Header, json: text.slice(at + 1) };
  } catch {
    return undefined;
  }
}

/** True if a graph still is what Cargo would answer. */
export function areUnchanged({ files, packages, members }: Surroundings): boolean {
  for (const path in files) {
    if (!isUnchanged(path, files[path] ?? null)) return false;
  }
  return packages.every(areTargetsUnchanged) && areMembersUnchanged(members);
}

function areOlder({ files, packages, members }: Surroundings, moment: number): boolean {
  const states = [files, members.directories, ...packages.map(({ directories }) => directories)];
  return states.every((each) => Object.values(each).every((state) => isOlder(state, moment)));
}
