// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { ConfigReader } from "./reader.ts";
import { isTable } from "./tables.ts";

/** Where the settings of one request may stand. Paths are absolute; the files need not be there. */
export interface ConfigPlaces {
  /** `$CARGO_HOME/green.toml`; undefined without a home. */
  readonly user: string | undefined;
  /** The manifest of the package that the request is about; undefined outside of any, and in a virtual workspace. */
  readonly packageManifest: string | undefined;
  /** The manifest at the workspace's root, which may be the package's own. */
  readonly workspaceManifest: string | undefined;
  /** `.cargo/green.toml` beside it. */
  readonly workspaceFile: string | undefined;
}

export interface PlacesRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** A manifest, or a directory to look upward from; undefined if no project is concerned. */
  readonly start: string | undefined;
  /** Finds the workspace even if it has no settings of ours; without, manifests are parsed only if one might. */
  readonly exact: boolean;
}

/** Where to look for the settings of a request. */
export async function findPlaces(request: PlacesRequest, reader: ConfigReader): Promise<ConfigPlaces> {
  const home = cargoHomeOf(request.env, request.cwd);
  const user = home === undefined ? undefined : join(home, USER_FILE);
  const none = { packageManifest: undefined, workspaceManifest: undefined, workspaceFile: undefined };
  const manifests = manifestsUpward(request, home, reader);
  const [own] = manifests;
  if (own === undefined) return { user, ...none };
  if (!request.exact && !manifests.some((manifest) => maySaySomething(manifest, reader))) {
    return { user, ...none };
  }
  const workspaceManifest = await workspaceOf(own, manifests, reader);
  const workspaceFile = join(dirname(workspaceManifest), WORKSPACE_FILE);
  const isPackage = isTable(await manifestTable(own, "package", reader));
  return {
    user,
    packageManifest: isPackage ? own : undefined,
    workspaceManifest,
    // A home may be a workspace's root: its file is the user's.
    workspaceFile: workspaceFile === user ? undefined : workspaceFile,
  };
}

/** `$CARGO_HOME`, else `~/.cargo`; undefined without a home. */
export function cargoHomeOf(env: NodeJS.ProcessEnv, cwd: string): string | undefined {
  const { CARGO_HOME: cargo, HOME: home } = env;
  if (cargo !== undefined && cargo !== "") return resolve(cwd, cargo);
  return home === undefined || home === "" ? undefined : join(home, ".cargo");
}

const USER_FILE = "green.toml";
/** Relative to the workspace. */
export const WORKSPACE_FILE = join(".cargo", "green.toml");
const MANIFEST = "Cargo.toml";

/**
 * The nearest manifest, then those above it that may be its workspace's root: as Cargo does, not across CARGO_HOME
 * and not out of `target/package` (`find_workspace_root` in its src/cargo/core/workspace.rs, 1.95).
 */
function manifestsUpward(
  { start, cwd }: PlacesRequest,
  cargoHome: string | undefined,
  reader: ConfigReader,
): readonly string[] {
  if (start === undefined) return [];
  const from = resolve(cwd, start);
  const manifests: string[] = [];
  let directory = from.endsWith(".toml") ? dirname(from) : from;
  if (directory !== from) {
    manifests.push(from);
    directory = dirname(directory);
  }
  for (let last = ""; directory !== last; [last, directory] = [directory, dirname(directory)]) {
    if (manifests.length > 0 && (last === cargoHome || directory.endsWith(join("target", "package")))) break;
    const manifest = join(directory, MANIFEST);
    if (reader.text(manifest) !== undefined) manifests.push(manifest);
  }
  return manifests;
}

function maySaySomething(manifest: string, reader: ConfigReader): boolean {
  return (
    reader.text(manifest)?.includes("green") === true ||
    reader.text(join(dirname(manifest), WORKSPACE_FILE)) !== undefined
  );
}

/** The manifest at the root of the workspace that Cargo takes `own` for a part of; `own` itself if there is none. */
async function workspaceOf(own: string, manifests: readonly string[], reader: ConfigReader): Promise<string> {
  for (const manifest of manifests) {
    const workspace = await manifestTable(manifest, "workspace", reader);
    if (isTable(workspace)) {
      if (manifest === own || !isExcluded(workspace, dirname(manifest), dirname(own))) return manifest;
      continue;
    }
    const inPackage = await manifestTable(manifest, "package", reader);
    const pointer = isTable(inPackage) ? inPackage["workspace"] : undefined;
    if (typeof pointer === "string") return join(resolve(dirname(manifest), pointer), MANIFEST);
  }
  return own;
}

/** Cargo's rule: excluded by path, unless a member is listed by that very path (`is_excluded`, same file). */
function isExcluded(workspace: Readonly<Record<string, unknown>>, root: string, directory: string): boolean {
  const lists = (key: string) =>
    (Array.isArray(workspace[key]) ? workspace[key] : []).some(
      (path: unknown) => typeof path === "string" && isWithin(directory, join(root, path)),
    );
  return lists("exclude") && !lists("members");
}

function isWithin(directory: string, parent: string): boolean {
  const path = relative(parent, directory);
  return !(path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path));
}

/** A table of a manifest; undefined if it has none, or is not TOML: Cargo will say so. */
async function manifestTable(manifest: string, name: string, reader: ConfigReader): Promise<unknown> {
  const document = await reader.document(manifest).catch(() => undefined);
  return document?.root[name];
}
