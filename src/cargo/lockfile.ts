// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, join } from "node:path";
import type { FileAccess } from "./files.ts";

/** One package of a Cargo.lock. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** `registry+https://…`, `sparse+https://…`, `git+https://…?branch=…#<commit>`; absent for path packages. */
  readonly source: string | undefined;
  /** sha256 of the `.crate`, hex. */
  readonly checksum: string | undefined;
  /** `name`, `name version` or `name version (source)`, as little as tells them apart; absent if there are none. */
  readonly dependencies?: readonly string[];
}

const FIELDS: ReadonlySet<string> = new Set(["name", "version", "source", "checksum"]);
/** Version 1 lists checksums at the end: `"checksum name version (source)" = "hex"`. */
const OLD_CHECKSUM = /^"checksum (\S+) (\S+) \((.*)\)" = "([0-9a-f]{64})"$/;

/**
 * Reads a Cargo.lock of version 1 to 4, in the restricted TOML that Cargo writes
 * (cargo's `core/resolver/encode.rs`): one field a line, basic strings.
 * `[[patch.unused]]` and all that is not understood is skipped; Cargo is the one to complain.
 */
export function parseLockfile(text: string): readonly LockedPackage[] {
  const packages: Found[] = [];
  const oldChecksums = new Map<string, string>();
  let current: Found | undefined;
  let dependencies: string[] | undefined;
  // By first letters and plain comparisons: expressions that match, line by line, take three times as long.
  for (const untrimmed of text.split("\n")) {
    const line = untrimmed.trimEnd();
    if (dependencies !== undefined && line.startsWith(' "') && line.endsWith('",')) {
      dependencies.push(line.slice(2, -2));
      continue;
    }
    dependencies = undefined;
    if (line === "") continue;
    if (line.startsWith("[")) {
      current = line === "[[package]]" || line === "[root]" ? {} : undefined;
      if (current !== undefined) packages.push(current);
      continue;
    }
    const [field, value] = assignment(line);
    if (current !== undefined && field === "dependencies" && value.startsWith("[")) {
      const found = [...value.matchAll(/"(.*?)"/g)].map(([, text = ""]) => text);
      current.dependencies = found;
      if (value === "[") dependencies = found;
      continue;
    }
    if (current !== undefined && FIELDS.has(field) && isQuoted(value)) {
      current[field as "name" | "version" | "source" | "checksum"] = unquote(value.slice(1, -1));
      continue;
    }
    const [, name, version, source, checksum] = OLD_CHECKSUM.exec(line) ?? [];
    if (checksum !== undefined) oldChecksums.set(`${name} ${version} ${source}`, checksum);
  }
  return packages.flatMap(({ name, version, source, checksum, dependencies: below }) => {
    if (name === undefined || version === undefined) return [];
    return [
      {
        ...{ name, version, source },
        checksum: checksum ?? oldChecksums.get(`${name} ${version} ${source}`),
        ...(below !== undefined && { dependencies: below }),
      },
    ];
  });
}

/** A package while it is read. */
interface Found {
  name?: string;
  version?: string;
  source?: string;
  checksum?: string;
  dependencies?: readonly string[];
}

/** What stands before and behind the first ` = `. */
function assignment(line: string): readonly [field: string, value: string] {
  const at = line.indexOf(" = ");
  return at < 0 ? ["", ""] : [line.slice(0, at), line.slice(at + 3)];
}

function isQuoted(value: string): boolean {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"');
}

function unquote(inner: string): string {
  if (!inner.includes("\\")) return inner;
  try {
    return String(JSON.parse(`"${inner}"`));
  } catch {
    return inner;
  }
}

/** Finds a locked package by name and version; there may be several of different sources. */
export type LockIndex = (name: string, version: string) => readonly LockedPackage[];

/** An index over a lockfile's packages. */
export function indexLockfile(packages: readonly LockedPackage[]): LockIndex {
  const index = Map.groupBy(packages, ({ name, version }) => `${name} ${version}`);
  return (name, version) => index.get(`${name} ${version}`) ?? [];
}

/**
 * The nearest Cargo.lock in a directory or above it. Start at the workspace's root, which is rustc's working
 * directory for path packages: a member's own directory may hold a stale one.
 */
export function findLockfile(startDir: string, files: Pick<FileAccess, "exists">): string | undefined {
  for (let directory = startDir; ; directory = dirname(directory)) {
    const candidate = join(directory, "Cargo.lock");
    if (files.exists(candidate)) return candidate;
    if (dirname(directory) === directory) return undefined;
  }
}
