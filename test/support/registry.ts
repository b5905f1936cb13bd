// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { type Files, writeFiles } from "./files.ts";

interface Manifest {
  readonly package: { readonly name: string; readonly version: string; readonly links?: string };
  readonly features?: Record<string, string[]>;
  readonly dependencies?: Record<string, Dependency>;
  readonly "build-dependencies"?: Record<string, Dependency>;
}
type Dependency =
  | string
  | {
      readonly version: string;
      readonly features?: string[];
      readonly optional?: boolean;
      readonly "default-features"?: boolean;
    };

/**
 * Adds a crate to a Cargo local registry (`[source.NAME] local-registry = "…"`), which Cargo treats as it does
 * crates.io: locked with a checksum, unpacked below CARGO_HOME.
 * Format: https://doc.rust-lang.org/cargo/reference/registry-index.html#json-schema
 */
export function publish(registry: string, files: Files): void {
  const { name, file, entry } = packCrate(registry, files);
  const index = join(registry, "index", indexPath(name));
  mkdirSync(dirname(index), { recursive: true });
  appendFileSync(index, `${JSON.stringify({ ...entry, cksum: checksumOf(join(registry, file)) })}\n`);
}

/** What Cargo since 1.85 calls crates.io's directories by: the URL's host, and its hash. */
const CRATES_IO = "index.crates.io-1949cf8c6b5b557f";

/**
 * Lays a crate down in CARGO_HOME as Cargo does with one of crates.io that it has downloaded: an offline Cargo finds it,
 * locks it as crates.io's, and unpacks it where it unpacks all of these. One version of each crate.
 * Format: `SummariesCache` in cargo 1.95's sources/registry/index/cache.rs
 */
export function download(cargoHome: string, files: Files): void {
  const crates = join(cargoHome, "registry/cache", CRATES_IO);
  const { name, file, entry } = packCrate(crates, files);
  const index = join(cargoHome, "registry/index", CRATES_IO);
  const cached = join(index, ".cache", indexPath(name));
  mkdirSync(dirname(cached), { recursive: true });
  writeFileSync(
    join(index, "config.json"),
    JSON.stringify({ dl: "https://static.crates.io/crates", api: "https://crates.io" }),
  );
  const line = JSON.stringify({ ...entry, cksum: checksumOf(join(crates, file)) });
  const head = Buffer.from([3, 2, 0, 0, 0]); // version of the cache, and of the index's lines
  writeFileSync(cached, Buffer.concat([head, Buffer.from(`Unknown\0${entry.vers}\0${line}\0`)]));
}

interface PackedCrate {
  readonly name: string;
  /** Name of the `.crate` in the directory. */
  readonly file: string;
  /** Its line in an index, but for the checksum. */
  readonly entry: Readonly<Record<string, unknown>> & { readonly vers: string };
}

/** Makes the `.crate` in a directory. */
function packCrate(directory: string, files: Files): PackedCrate {
  const manifest = parse(files["Cargo.toml"] ?? "") as unknown as Manifest;
  const { name, version, links } = manifest.package;
  const file = `${name}-${version}.crate`;
  mkdirSync(directory, { recursive: true });
  const work = mkdtempSync(join(directory, ".crate-"));
  writeFiles(join(work, `${name}-${version}`), files);
  const owner = ["--owner=0", "--group=0", "--mtime=@1700000000"];
  execFileSync("tar", [...owner, "-czf", join(directory, file), "-C", work, `${name}-${version}`]);
  rmSync(work, { recursive: true });
  const entry = {
    name,
    vers: version,
    deps: [
      ...dependencies("normal", manifest.dependencies ?? {}),
      ...dependencies("build", manifest["build-dependencies"] ?? {}),
    ],
    features: manifest.features ?? {},
    links: links ?? null,
    yanked: false,
  };
  return { name, file, entry };
}

function checksumOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/**
 * Lays a crate down as `cargo vendor` does (`[source.NAME] directory = "…"`).
 * Without per-file checksums, which Cargo checks only for files that are listed.
 */
export function vendor(directory: string, files: Files): void {
  const { name } = (parse(files["Cargo.toml"] ?? "") as unknown as Manifest).package;
  const checksum = createHash("sha256").update(JSON.stringify(files)).digest("hex");
  writeFiles(join(directory, name), files);
  writeFileSync(
    join(directory, name, ".cargo-checksum.json"),
    JSON.stringify({ files: {}, package: checksum }),
  );
}

function dependencies(kind: string, table: Record<string, Dependency>): unknown[] {
  return Object.entries(table).map(([name, dependency]) => {
    const given = typeof dependency === "string" ? { version: dependency } : dependency;
    return {
      name,
      req: given.version,
      features: given.features ?? [],
      optional: given.optional ?? false,
      default_features: given["default-features"] ?? true,
      target: null,
      kind,
    };
  });
}

function indexPath(name: string): string {
  if (name.length <= 2) return join(String(name.length), name);
  if (name.length === 3) return join("3", name.slice(0, 1), name);
  return join(name.slice(0, 2), name.slice(2, 4), name);
}
