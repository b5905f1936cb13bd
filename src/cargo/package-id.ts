// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, join } from "node:path";
import { directoriesUpward } from "./config-files.ts";
import type { FileAccess } from "./files.ts";
import type { LockedPackage, LockIndex } from "./lockfile.ts";

/** Where Cargo has a package from. `source` is written as in Cargo.lock, but for a git source's `#<commit>`. */
export type PackageIdSource =
  /** `registry+https://…`, `sparse+https://…`, and what replaces registries. */
  | { readonly kind: "registry"; readonly source: string }
  /** `git+https://…?branch=…`; the commit is in Cargo.lock only. */
  | { readonly kind: "git"; readonly source: string }
  /** `directory`: of the package, absolute. */
  | { readonly kind: "path"; readonly source: string; readonly directory: string };

/** A package as Cargo names it. */
export interface PackageId {
  /** The text that it was read from. */
  readonly spec: string;
  readonly name: string;
  readonly version: string;
  readonly source: PackageIdSource;
}

const SPEC = /^([a-z-]+\+[^#]+)#(?:(.+)@)?([^@]+)$/s;
/** Cargo before 1.77, with a git source's commit. */
const OLD_SPEC = /^(\S+) (\S+) \(([a-z-]+\+[^#]+)(?:#.*)?\)$/s;

/**
 * Reads a fully qualified package id specification, or what Cargo wrote before 1.77, `name version (source)`; undefined
 * if it is neither. The name is left out where it is the last component of the URL's path.
 * https://doc.rust-lang.org/1.95.0/cargo/reference/pkgid-spec.html
 */
export function parsePackageId(spec: string): PackageId | undefined {
  const [, name = "", version = "", source = ""] = OLD_SPEC.exec(spec) ?? [];
  if (name !== "") return packageFrom(spec, source, name, version);
  const [, from = "", given, number = ""] = SPEC.exec(spec) ?? [];
  return packageFrom(spec, from, given, number);
}

function packageFrom(
  spec: string,
  source: string,
  given: string | undefined,
  version: string,
): PackageId | undefined {
  const url = source.slice(source.indexOf("+") + 1);
  const path = url.replace(/\?.*$/s, "").replace(/\/+$/, "");
  const name = given ?? decode(path.slice(path.lastIndexOf("/") + 1));
  if (!name || version === "") return undefined;
  if (source.startsWith("path+file://")) {
    const directory = decode(path.slice("file://".length));
    if (!directory?.startsWith("/")) return undefined;
    return { spec, name, version, source: { kind: "path", source, directory } };
  }
  if (source.startsWith("git+")) return { spec, name, version, source: { kind: "git", source } };
  return /^(registry|sparse|local-registry|directory)\+/.test(source)
    ? { spec, name, version, source: { kind: "registry", source } }
    : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // bytes that are not UTF-8
  }
}

/** What a lockfile pins for a package: its checksum or commit. Undefined for path packages, and if it is not in there. */
export function lockedPackageOf(
  { name, version, source }: PackageId,
  lock: LockIndex,
): LockedPackage | undefined {
  if (source.kind === "path") return undefined;
  return lock(name, version).find((each) => each.source?.replace(/#.*$/s, "") === source.source);
}

/**
 * The directory of a package (CARGO_MANIFEST_DIR), given one of its sources: Cargo names it for path packages only, so
 * for others it is the nearest one upward with a manifest. Undefined if there is none.
 */
export function packageRootOf(
  { source }: PackageId,
  sourceFile: string,
  files: Pick<FileAccess, "exists">,
): string | undefined {
  if (source.kind === "path") return source.directory;
  return directoriesUpward(dirname(sourceFile)).find((each) => files.exists(join(each, "Cargo.toml")));
}
