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
  const manifest = parse(files["Cargo.toml"] ?? "") as unknown as Manifest;
  const { name, version, links } = manifest.package;
  mkdirSync(registry, { recursive: true });
  const work = mkdtempSync(join(registry, ".crate-"));
  writeFiles(join(work, `${name}-${version}`), files);
  const crate = join(registry, `${name}-${version}.crate`);
  execFileSync("tar", [
    "--owner=0",
    "--group=0",
    "--mtime=@1700000000",
    "-czf",
    crate,
    "-C",
    work,
    `${name}-${version}`,
  ]);
  rmSync(work, { recursive: true });
  const index = join(registry, "index", indexPath(name));
  mkdirSync(dirname(index), { recursive: true });
  const entry = {
    name,
    vers: version,
    deps: [
      ...dependencies("normal", manifest.dependencies ?? {}),
      ...dependencies("build", manifest["build-dependencies"] ?? {}),
    ],
    cksum: createHash("sha256").update(readFileSync(crate)).digest("hex"),
    features: manifest.features ?? {},
    links: links ?? null,
    yanked: false,
  };
  appendFileSync(index, `${JSON.stringify(entry)}\n`);
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
