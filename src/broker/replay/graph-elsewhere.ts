// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { configFilePlaces, directoriesUpward } from "../../cargo/config-files.ts";
import { projectStart } from "../../cargo/invocation.ts";
import { literalPattern } from "../../cargo/literal-pattern.ts";
import type { CargoProject } from "../../cargo/metadata.ts";
import { parseUnitGraph } from "../../cargo/unit-graph.ts";
import { cargoHomeOf } from "../../config/places.ts";
import type { CargoConfig } from "./cargo-config.ts";
import { type GraphKeyFacts, graphKey } from "./graph-key.ts";
import {
  type BuildTools,
  type GraphShelf,
  type KnownGraph,
  packMemory,
  unpackMemory,
} from "./graph-memory.ts";
import { matchMembers } from "./member-globs.ts";
import { findTargets } from "./package-targets.ts";
import type { WatchList } from "./watch-list.ts";

/** What is known of the same project in another checkout, with this one's paths. */
export interface KnownElsewhere extends KnownGraph {
  /** The graph as Cargo would print it here. */
  readonly json: string;
  /** What it depends on here. */
  readonly watch: WatchList;
}

interface Header {
  /** Where Cargo was started, relative to the workspace's root. */
  readonly below: string;
  /** See `describe`. */
  readonly contents: string;
  readonly project: CargoProject;
  readonly tools: BuildTools;
}

/** What a graph depends on, once it is known. */
export type WatchedBy = (known: Pick<KnownGraph, "graph" | "project">) => WatchList | undefined;

export interface ElsewhereFacts extends GraphKeyFacts {
  readonly config: CargoConfig;
}

/** Stands for the workspace's root. */
const MARK = "@@green:WORKSPACE@@";
/** Paths that every format (JSON, URLs of package ids, TOML) writes as they are. */
const PLAIN = /^(?:\/[\w.-]+)+$/;

/**
 * The graph of a project whose files are, byte for byte, those of another checkout in which Cargo was asked for it.
 * Undefined if none is known.
 */
export async function recallElsewhere(
  facts: ElsewhereFacts,
  watchedBy: WatchedBy,
  shelf: GraphShelf,
): Promise<KnownElsewhere | undefined> {
  const key = contentKey(facts);
  const kept = key === undefined ? undefined : unpackMemory<Header>(await shelf.get(key));
  if (kept === undefined) return undefined;
  const { below, contents, ...stored } = kept.header;
  const root = below === "" ? facts.cwd : withoutEnd(facts.cwd, `/${below}`);
  if (root === undefined || !isPortable(root, facts)) return undefined;
  const json = kept.json.replaceAll(MARK, root);
  const project = JSON.parse(JSON.stringify(stored.project).replaceAll(MARK, root)) as CargoProject;
  const parsed = parseUnitGraph(json);
  if (parsed.kind !== "graph") return undefined;
  const watch = watchedBy({ graph: parsed.graph, project });
  if (watch === undefined || describe(watch, root, facts) !== contents) return undefined;
  return { graph: parsed.graph, json, project, tools: stored.tools, watch };
}

/** Keeps a graph for other checkouts; false if it depends on files that do not move with this one. */
export async function rememberElsewhere(
  facts: ElsewhereFacts,
  { project, tools, json }: Omit<KnownElsewhere, "graph" | "watch">,
  watch: WatchList,
  shelf: GraphShelf,
): Promise<boolean> {
  const { workspaceRoot: root } = project;
  const key = contentKey(facts);
  const contents = describe(watch, root, facts);
  const below = facts.cwd === root ? "" : within(root, facts.cwd);
  if (key === undefined || contents === undefined || below === undefined) return false;
  const texts = [JSON.stringify(project), json];
  if (!isPortable(root, facts) || texts.some((text) => text.includes(MARK))) return false;
  // In a graph paths stand at the beginning of a string, or in the URL that a package is known by.
  const path = new RegExp(`("|file://)${literalPattern(root)}(?=["/#])`, "g");
  const [placed = "", graph = ""] = texts.map((text) => text.replaceAll(path, `$1${MARK}`));
  const header: Header = { below, contents, project: JSON.parse(placed) as CargoProject, tools };
  await shelf.put(key, await packMemory(header, graph));
  return true;
}

/** What finds a memory: all that Cargo is told but where, and what tells projects apart. Undefined without a lockfile. */
function contentKey(facts: GraphKeyFacts): string | undefined {
  const start = projectStart(facts.invocation, facts.cwd) ?? facts.cwd;
  const above = directoriesUpward(start.endsWith(".toml") ? dirname(start) : start);
  const texts = ["Cargo.toml", "Cargo.lock"].map((name) => {
    const directory = above.find((each) => existsSync(join(each, name)));
    return directory === undefined ? undefined : digestOf(join(directory, name));
  });
  if (texts.some((text) => text === undefined)) return undefined;
  return hash("sha256", JSON.stringify([graphKey({ ...facts, cwd: "elsewhere" }), texts]), "hex");
}

/**
 * A hash of all that a graph of the workspace in `root` depends on, by content and without the checkout's path.
 * Undefined if something of it is beside the workspace, or above it.
 */
function describe(watch: WatchList, root: string, { env, cwd }: GraphKeyFacts): string | undefined {
  const home = cargoHomeOf(env, cwd);
  const above = directoriesUpward(dirname(root));
  const files: (readonly [string, string | undefined])[] = [];
  for (const path of [...watch.files, ...configFilePlaces(root, home), ...manifestsIn(above)]) {
    const below = within(root, path);
    const shared = home !== undefined && within(home, path) !== undefined;
    if (below !== undefined || shared) files.push([below ?? path, digestOf(path)]);
    else if (existsSync(path)) return undefined;
  }
  if (!files.some(([name, digest]) => name === "Cargo.lock" && digest !== undefined)) return undefined;
  const packages = watch.packages.map(({ root: own, legacy }) => {
    return own === root || within(root, own) !== undefined
      ? [relative(root, own), legacy, findTargets(own, legacy).found]
      : undefined;
  });
  const members = matchMembers(root, watch.members.patterns)?.found.map((path) => relative(root, path));
  if (members === undefined || packages.includes(undefined)) return undefined;
  return hash("sha256", JSON.stringify([[...new Map(files)].sort(byName), packages, members]), "hex");
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function manifestsIn(directories: readonly string[]): readonly string[] {
  return directories.map((each) => join(each, "Cargo.toml"));
}

/**
 * False where paths are not the same in every format, where Cargo's home would move with the checkout, or where the
 * build directory is named after the checkout's path (`{workspace-path-hash}`).
 */
function isPortable(root: string, { env, cwd, config }: ElsewhereFacts): boolean {
  const home = cargoHomeOf(env, cwd);
  const directories = [...config.values("build", "build-dir"), env["CARGO_BUILD_BUILD_DIR"] ?? ""];
  return (
    PLAIN.test(root) &&
    (home === undefined || within(root, home) === undefined) &&
    !directories.some((each) => each.includes("{"))
  );
}

/** The relative path of what is below a directory. */
function within(directory: string, path: string): string | undefined {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
}

function withoutEnd(text: string, end: string): string | undefined {
  return text.endsWith(end) ? text.slice(0, -end.length) : undefined;
}

function digestOf(path: string): string | undefined {
  try {
    return hash("sha256", readFileSync(path), "hex");
  } catch {
    return undefined;
  }
}
