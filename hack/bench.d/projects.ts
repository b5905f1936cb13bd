// SPDX-License-Identifier: MIT OR Apache-2.0
// Real programs to build, brought by cargo.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, unpackCrate } from "../lib/crate-source.ts";

export type ProjectName = "ripgrep" | "miniserve";

interface Project {
  readonly name: ProjectName;
  readonly version: string;
  /** Measured cold in every round; the large one, in the first only. */
  readonly coldEveryRound: boolean;
  /** A dependency without dependencies of its own. */
  readonly leaf: string;
  /** Other versions of it than the lockfile's, one for each round: a cache has none of them. */
  readonly leafVersions: readonly string[];
  /** A source file of the package, to be edited. */
  readonly edited: string;
  /** Name of the executable, which knows `--version`. */
  readonly executable: string;
}

const ANYHOW = ["1.0.104", "1.0.103", "1.0.101", "1.0.99", "1.0.98", "1.0.97", "1.0.96", "1.0.95"];

export const PROJECTS: Readonly<Record<ProjectName, Project>> = {
  ripgrep: {
    name: "ripgrep",
    version: "15.1.0",
    coldEveryRound: true,
    leaf: "anyhow",
    leafVersions: ANYHOW,
    edited: "crates/core/main.rs",
    executable: "rg",
  },
  // 400 units of 294 packages; compiles C in two build scripts and needs nothing of the system but a C compiler.
  miniserve: {
    name: "miniserve",
    version: "0.35.0",
    coldEveryRound: false,
    leaf: "anyhow",
    leafVersions: ANYHOW,
    edited: "src/main.rs",
    executable: "miniserve",
  },
};

export const PROJECT_NAMES = Object.keys(PROJECTS) as readonly ProjectName[];

/** A project whose sources and dependencies are on this disk. */
export interface PreparedProject {
  readonly name: string;
  /** Its sources as they are published; to be copied. */
  readonly source: string;
  readonly coldEveryRound: boolean;
  /** Contents of Cargo.lock with another version of the leaf, for each round; none: that cannot be measured. */
  readonly bumpedLocks: readonly string[];
  readonly leaf: string | undefined;
  /** Packages of the workspace. */
  readonly members: readonly string[];
  readonly edited: string;
  readonly executable: string | undefined;
}

/** Downloads everything that the scenarios need, so that they need no network. */
export function prepareProject(project: Project, directory: string): PreparedProject {
  const source = unpackCrate(project.name, project.version, directory);
  const manifest = join(source, "Cargo.toml");
  writeFileSync(manifest, withoutProfiles(readFileSync(manifest, "utf8")));
  return {
    name: project.name,
    source,
    coldEveryRound: project.coldEveryRound,
    bumpedLocks: bumpLeaf(project, source, join(directory, "bumping")),
    leaf: project.leaf,
    members: [project.name],
    edited: project.edited,
    executable: project.executable,
  };
}

/** A manifest without `[profile.…]` tables: everything is compared with Cargo's own `release` and `dev`. */
export function withoutProfiles(manifest: string): string {
  return manifest
    .split(/^(?=\[)/m)
    .filter((table) => !/^\[profile[.\]]/.test(table))
    .join("");
}

function bumpLeaf({ leaf, leafVersions }: Project, source: string, scratch: string): readonly string[] {
  cpSync(source, scratch, { recursive: true });
  const locks = leafVersions.map((version) => {
    run("cargo", ["update", "--quiet", "--package", leaf, "--precise", version], scratch);
    run("cargo", ["fetch", "--quiet", "--locked"], scratch);
    return readFileSync(join(scratch, "Cargo.lock"), "utf8");
  });
  rmSync(scratch, { recursive: true });
  return locks;
}
