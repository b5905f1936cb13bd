// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { directoriesUpward } from "../../cargo/config-files.ts";
import { type CargoInvocation, optionValue, optionValues, ownArguments } from "../../cargo/invocation.ts";
import type { CargoProject } from "../../cargo/metadata.ts";
import { packageRootOf } from "../../cargo/package-id.ts";
import type { UnitGraph } from "../../cargo/unit-graph.ts";
import { cargoHomeOf } from "../../config/places.ts";
import { type CargoConfig, cargoDirectory } from "./cargo-config.ts";
import { keysOf, type TomlKey, wordsIn } from "./toml-keys.ts";

/** Where a change might change the unit graph. All paths are absolute. */
export interface WatchList {
  /** Files that count by what is in them, whether they are there or not. */
  readonly files: readonly string[];
  readonly packages: readonly WatchedPackage[];
  readonly members: { readonly root: string; readonly patterns: readonly string[] };
}

export interface WatchedPackage {
  readonly root: string;
  /** See `PackageTargets`. */
  readonly legacy: boolean;
}

export interface WatchFacts {
  readonly invocation: CargoInvocation;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly config: CargoConfig;
  readonly graph: UnitGraph;
  readonly project: CargoProject;
}

const MANIFEST = "Cargo.toml";

/** What a graph depends on; undefined if that is not known for sure. */
export function watchListOf(facts: WatchFacts): WatchList | undefined {
  if (isDoubtful(facts)) return undefined;
  const { config, project, invocation, cwd } = facts;
  const { workspaceRoot } = project;
  const workspace = keysIn(join(workspaceRoot, MANIFEST));
  const members = project.members.map(({ manifestPath: manifest, edition }) => {
    return { root: dirname(manifest), manifest, legacy: edition === "2015" };
  });
  const packages = [...members, ...otherPackages(facts, workspace)];
  const platforms = optionValues(ownArguments(invocation), "--target").filter((each) =>
    each.endsWith(".json"),
  );
  const files = [
    join(workspaceRoot, "Cargo.lock"),
    ...config.places,
    ...platforms.map((path) => resolve(cargoDirectory(invocation, cwd), path)),
    ...packages.map(({ manifest }) => manifest),
    // Any of these may be, or become, the root of a workspace.
    ...new Set(packages.flatMap(({ root }) => directoriesUpward(root).map((each) => join(each, MANIFEST)))),
  ];
  return {
    files: [...new Set(files)],
    packages: packages.map(({ root, legacy }) => ({ root, legacy })),
    members: { root: workspaceRoot, patterns: stringsAt(workspace, ["workspace", "members"]) },
  };
}

/** Settings that lead to files which are not looked for here. */
function isDoubtful({ config, env, invocation, project }: WatchFacts): boolean {
  const settings = [["paths"], ["patch"], ["build", "rustc"], ["build", "rustc-workspace-wrapper"]];
  return (
    [...settings, ["resolver", "lockfile-path"]].some((path) => config.has(...path)) ||
    optionValue(ownArguments(invocation), "--lockfile-path") !== undefined ||
    env["CARGO_RESOLVER_LOCKFILE_PATH"] !== undefined ||
    // A package that is one source file (`-Zscript`) has its lockfile elsewhere.
    project.members.some(({ manifestPath }) => basename(manifestPath) !== MANIFEST) ||
    [...config.values("build", "target"), env["CARGO_BUILD_TARGET"]].some((value) => value?.includes(".json"))
  );
}

interface Manifest extends WatchedPackage {
  readonly manifest: string;
}

/** Packages that can change and are no members: what is depended on by path, at any depth, and vendored ones. */
function otherPackages(
  { project, graph, env, cwd }: WatchFacts,
  workspace: readonly TomlKey[],
): readonly Manifest[] {
  const home = cargoHomeOf(env, cwd);
  const immutable = home === undefined ? [] : [join(home, "registry/src/"), join(home, "git/checkouts/")];
  const members = new Set(project.members.map(({ manifestPath }) => dirname(manifestPath)));
  const roots = new Set([
    ...project.members.flatMap(({ pathDependencies }) => pathDependencies),
    ...pathsIn(workspace, project.workspaceRoot),
  ]);
  for (const { packageId, target } of graph.units) {
    if (immutable.some((place) => target.srcPath.startsWith(place))) continue;
    const root = packageRootOf(packageId, target.srcPath, { exists: existsSync });
    if (root !== undefined) roots.add(root);
  }
  const found: Manifest[] = [];
  for (const root of roots) {
    if (members.has(root)) continue;
    const manifest = join(root, MANIFEST);
    const keys = keysIn(manifest);
    found.push({ root, manifest, legacy: true });
    for (const path of pathsIn(keys, root)) roots.add(path); // and looked at by this very loop
    for (const path of stringsAt(keys, ["package", "workspace"])) {
      found.push({ root: resolve(root, path), manifest: join(resolve(root, path), MANIFEST), legacy: true });
    }
  }
  return found;
}

const DEPENDENCY_TABLES = new Set([
  ...["dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies"],
  ...["patch", "replace"],
]);

/** The directories that a manifest in `root` says dependencies are in. */
function pathsIn(keys: readonly TomlKey[], root: string): readonly string[] {
  return keys.flatMap(({ path, value }) => {
    const isDependency = path.at(-1) === "path" && path.some((part) => DEPENDENCY_TABLES.has(part));
    return isDependency ? wordsIn(value).map((word) => resolve(root, word)) : [];
  });
}

function stringsAt(keys: readonly TomlKey[], path: readonly string[]): readonly string[] {
  const at = keys.filter(
    (key) => key.path.length === path.length && path.every((part, i) => key.path[i] === part),
  );
  return at.flatMap(({ value }) => wordsIn(value));
}

function keysIn(manifest: string): readonly TomlKey[] {
  try {
    return keysOf(readFileSync(manifest, "utf8"));
  } catch {
    return [];
  }
}
