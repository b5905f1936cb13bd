// SPDX-License-Identifier: MIT OR Apache-2.0

/** What `cargo metadata --no-deps` says of a workspace. All paths are absolute. */
export interface CargoProject {
  readonly workspaceRoot: string;
  /** Where final artifacts go. */
  readonly targetDirectory: string;
  /** Where everything else goes: the target directory, unless `build.build-dir` says otherwise (cargo 1.91). */
  readonly buildDirectory: string;
  readonly members: readonly WorkspaceMember[];
}

export interface WorkspaceMember {
  readonly name: string;
  readonly version: string;
  readonly edition: string;
  /** Of the `Cargo.toml`. */
  readonly manifestPath: string;
  /** Directories of the packages that it depends on by path, in any of its tables. */
  readonly pathDependencies: readonly string[];
}

/**
 * Reads the answer to `cargo metadata --no-deps --format-version 1`; undefined if that is not what it is.
 * https://doc.rust-lang.org/1.95.0/cargo/commands/cargo-metadata.html#json-format
 */
export function parseMetadata(json: string): CargoProject | undefined {
  try {
    const said = JSON.parse(json) as Said;
    const { workspace_root: workspaceRoot, target_directory: targetDirectory } = said;
    if (typeof workspaceRoot !== "string" || typeof targetDirectory !== "string") return undefined;
    return {
      workspaceRoot,
      targetDirectory,
      buildDirectory: said.build_directory ?? targetDirectory,
      members: (said.packages ?? []).map((each) => {
        const { name, version, edition, manifest_path: manifestPath } = each;
        const paths = each.dependencies.flatMap(({ path }) => path ?? []);
        return { name, version, edition, manifestPath, pathDependencies: [...new Set(paths)] };
      }),
    };
  } catch {
    return undefined;
  }
}

/** As much of the format as is read. */
interface Said {
  readonly workspace_root?: string;
  readonly target_directory?: string;
  readonly build_directory?: string;
  readonly packages?: readonly {
    readonly name: string;
    readonly version: string;
    readonly edition: string;
    readonly manifest_path: string;
    readonly dependencies: readonly { readonly path?: string }[];
  }[];
}
