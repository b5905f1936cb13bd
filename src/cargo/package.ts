// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import type { FileAccess } from "./files.ts";
import type { LockedPackage, LockIndex } from "./lockfile.ts";

/** Where a package's sources come from. */
export type PackageSource = "crates-io" | "registry" | "git" | "vendored" | "path";

/** The package that a compiler call or a build script's run belongs to. */
export interface Package {
  readonly source: PackageSource;
  readonly name: string;
  readonly version: string;
  /** CARGO_MANIFEST_DIR. */
  readonly root: string;
  /** What pins the sources (checksum, commit), or for others just the name: enters the key. No path, no URL. */
  readonly identity: string;
  /** True if `identity` pins every file of it, so that no source needs to be read. */
  readonly immutable: boolean;
  /** Where from, as the lockfile says: `registry+https://…`, `git+https://…`. Undefined if it is not in there. */
  readonly lockedSource: string | undefined;
  /** Host of the registry that stood in for crates.io when it was downloaded, empty if that has none; else absent. */
  readonly mirror?: string;
}

export interface PackageContext {
  readonly files: Pick<FileAccess, "exists" | "readText">;
  /** sha256 of a file, hex. Rejects if it is not there. */
  readonly digestFile: (path: string) => Promise<string>;
  /** Undefined if no Cargo.lock was found. */
  readonly lockfile: LockIndex | undefined;
}

const CRATES_IO =
  /^(registry\+https:\/\/github\.com\/rust-lang\/crates\.io-index|sparse\+https:\/\/index\.crates\.io\/)$/;
/** Directories of crates.io below `registry/src`: sparse, and git with the hash that Cargo gives that very index. */
const CRATES_IO_DIRECTORY = /^(index\.crates\.io-[0-9a-f]+|github\.com-1ecc6299db9ec823)$/;
/** True for the source of crates.io, as Cargo.lock has it. */
export function isCratesIo(source: string): boolean {
  return CRATES_IO.test(source);
}

/**
 * How the identity of a package begins that is locked so: all of it for a registry's, for git's without the directory in
 * the repository. Undefined for what nothing pins.
 */
export function lockedIdentity({ name, version, source = "", checksum }: LockedPackage): string | undefined {
  if (source.startsWith("git+")) {
    const commit = commitOf(source);
    return commit === undefined ? undefined : gitIdentity(commit, []);
  }
  if (checksum === undefined) return undefined;
  return registryIdentity(isCratesIo(source) ? "crates-io" : "registry", name, version, checksum);
}

function registryIdentity(source: PackageSource, name: string, version: string, checksum: string): string {
  return `${source} ${name}@${version} ${checksum}`;
}

function gitIdentity(commit: string, directory: readonly string[]): string {
  return `git ${commit} ${directory.join("/")}`.trimEnd();
}

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Cargo's home as Cargo finds it: CARGO_HOME, else `.cargo` in HOME. Undefined without either. */
export function cargoHome(env: ReadonlyMap<string, string>): string | undefined {
  const home = env.get("HOME");
  return env.get("CARGO_HOME") || (home ? join(home, ".cargo") : undefined);
}

/** Which package a call belongs to, from the variables that Cargo sets for it; undefined if Cargo did not start it. */
export async function identifyPackage(
  env: ReadonlyMap<string, string>,
  context: PackageContext,
): Promise<Package | undefined> {
  const root = env.get("CARGO_MANIFEST_DIR");
  const name = env.get("CARGO_PKG_NAME");
  const version = env.get("CARGO_PKG_VERSION");
  if (root === undefined || name === undefined || version === undefined) return undefined;
  return packageAt({ root, name, version }, cargoHome(env), context);
}

/**
 * The package in a directory.
 *
 * @param home Cargo's; undefined if there is none.
 */
export async function packageAt(
  { root, name, version }: Pick<Package, "root" | "name" | "version">,
  home: string | undefined,
  context: PackageContext,
): Promise<Package> {
  const found: Found = { root, name, version, locked: context.lockfile?.(name, version) ?? [] };
  const inRegistry = home === undefined ? undefined : below(root, join(home, "registry/src"));
  if (home !== undefined && inRegistry !== undefined) return fromRegistry(found, home, inRegistry, context);
  const inGit = home === undefined ? undefined : below(root, join(home, "git/checkouts"));
  if (home !== undefined && inGit !== undefined) return fromGit(found, home, inGit, context);
  const checksums = join(root, ".cargo-checksum.json");
  const vendored = context.files.exists(checksums) ? await context.files.readText(checksums) : undefined;
  return vendored === undefined ? fromPath(found) : fromVendor(found, vendored);
}

interface Found extends Pick<Package, "root" | "name" | "version"> {
  readonly locked: readonly LockedPackage[];
}

function below(path: string, directory: string): readonly string[] | undefined {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1).split("/") : undefined;
}

function fromPath({ root, name, version }: Found): Package {
  const identity = `path ${name}@${version}`;
  return { source: "path", name, version, root, identity, immutable: false, lockedSource: undefined };
}

/**
 * Cargo verifies vendored files against their list only when it rebuilds, and does not see additional ones:
 * they are treated like a path package's.
 */
function fromVendor(found: Found, checksums: string): Package {
  const checksum = /"package"\s*:\s*"([0-9a-f]{64})"/.exec(checksums)?.[1];
  const identity = `vendored ${found.name}@${found.version}${checksum === undefined ? "" : ` ${checksum}`}`;
  const lockedSource = found.locked.find((each) => each.checksum === checksum)?.source;
  return { ...fromPath(found), source: "vendored", identity, lockedSource };
}

/** `<home>/registry/src/<registry>/<name>-<version>` */
async function fromRegistry(
  found: Found,
  home: string,
  [registry = "", directory = "", ...deeper]: readonly string[],
  { digestFile }: PackageContext,
): Promise<Package> {
  const { root, name, version } = found;
  if (directory !== `${name}-${version}` || deeper.length > 0) return fromPath(found);
  const candidates = found.locked.filter(
    ({ source, checksum }) => checksum !== undefined && /^(registry|sparse)\+/.test(source ?? ""),
  );
  let locked = candidates.length === 1 ? candidates[0] : undefined;
  let checksum = locked?.checksum;
  if (checksum === undefined) {
    const crate = join(home, "registry/cache", registry, `${directory}.crate`);
    checksum = await digestFile(crate).catch(() => undefined);
    locked = candidates.find((each) => each.checksum === checksum);
  }
  // The lockfile knows better than the directory's name: a mirror of crates.io has its own.
  const isOfCratesIo =
    locked === undefined ? CRATES_IO_DIRECTORY.test(registry) : isCratesIo(locked.source ?? "");
  const source: PackageSource = isOfCratesIo ? "crates-io" : "registry";
  const lockedSource = locked?.source;
  if (checksum === undefined) return { ...fromPath(found), source, lockedSource };
  const identity = registryIdentity(source, name, version, checksum);
  const isMirror = isOfCratesIo && !CRATES_IO_DIRECTORY.test(registry);
  const mirror = isMirror ? { mirror: registry.replace(/-[0-9a-f]{16}$/, "") } : {};
  return { source, name, version, root, identity, immutable: true, lockedSource, ...mirror };
}

/** `<home>/git/checkouts/<repository>-<hash>/<short commit>[/directory in it]` */
async function fromGit(
  found: Found,
  home: string,
  [repository = "", short = "", ...directory]: readonly string[],
  { files }: PackageContext,
): Promise<Package> {
  const { root, name, version } = found;
  const locked = found.locked.filter(({ source }) => {
    return (
      source?.startsWith("git+") === true && short !== "" && commitOf(source)?.startsWith(short) === true
    );
  });
  const lockedSource = locked.length === 1 ? locked[0]?.source : undefined;
  const checkout = join(home, "git/checkouts", repository, short);
  const commit = commitOf(lockedSource) ?? (await headOf(join(checkout, ".git"), files));
  if (commit === undefined || !commit.startsWith(short)) {
    return { ...fromPath(found), source: "git", lockedSource };
  }
  const identity = gitIdentity(commit, directory);
  return { source: "git", name, version, root, identity, immutable: true, lockedSource };
}

function commitOf(source: string | undefined): string | undefined {
  const commit = source?.slice(source.lastIndexOf("#") + 1);
  return commit !== undefined && COMMIT.test(commit) ? commit : undefined;
}

/** The commit that a repository's HEAD is at, detached (as Cargo leaves it) or on a loose branch. */
async function headOf(gitDirectory: string, files: PackageContext["files"]): Promise<string | undefined> {
  const head = (await files.readText(join(gitDirectory, "HEAD")))?.trim();
  if (head === undefined || COMMIT.test(head)) return head;
  const branch = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1];
  const commit =
    branch === undefined ? "" : ((await files.readText(join(gitDirectory, branch)))?.trim() ?? "");
  return COMMIT.test(commit) ? commit : undefined;
}
