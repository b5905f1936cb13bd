// SPDX-License-Identifier: MIT OR Apache-2.0
import { basename, dirname, join } from "node:path";
import type { FileAccess } from "./files.ts";

/**
 * Where a directory lies in Cargo's build directory (which is the target directory unless `build.build-dir` says
 * otherwise). Seen with cargo 1.95 (v1) and 1.97-nightly `-Zbuild-dir-new-layout` (v2); P is `<root>/[triple/]<profile>`,
 * with the triple where `--target` was given and the unit is for it:
 *
 * |                          | v1                                            | v2                                        |
 * |--------------------------|-----------------------------------------------|-------------------------------------------|
 * | libs, bins, tests        | `P/deps`, one directory for all               | `P/build/<pkg>/<hash>/out`, one per unit  |
 * | examples                 | `P/examples`                                  | as libs; uplifted to `P/examples`         |
 * | build script, compiled   | `P/build/<pkg>-<hash>/build_script_build-<hash>` | `P/build/<pkg>/<hash>/out/build_script_build` |
 * | … what Cargo starts      | its hard link `build-script-build` beside it  | the file itself                           |
 * | OUT_DIR                  | `P/build/<pkg>-<hash2>/out`                   | `P/build/<pkg>/<hash2>/out`               |
 * | the run's stdout         | `P/build/<pkg>-<hash2>/output`                | `P/build/<pkg>/<hash2>/run/stdout`        |
 * | root-output, stderr      | `P/build/<pkg>-<hash2>/`                      | `P/build/<pkg>/<hash2>/run/`              |
 * | fingerprints             | `P/.fingerprint/<pkg>-<hash>/`                | `P/build/<pkg>/<hash>/fingerprint/`       |
 *
 * v2 leaves out extra-filename for bins, examples and build scripts, and passes one `-L dependency` for each unit in
 * the closure. `.rustc_info.json` is written when Cargo ends, CACHEDIR.TAG only if Cargo made the directory:
 * in a first build there may be neither.
 */
export interface TargetPlace {
  /** The build directory. */
  readonly root: string;
  /** `<root>/[triple/]<profile>` */
  readonly profileDir: string;
  /** Its last component: `debug`, `release`, or a custom profile's name. */
  readonly profile: string;
  readonly layout: "v1" | "v2";
  /** `build`: a build script's compilation or OUT_DIR in v1; `unit`: any unit's in v2. */
  readonly role: "deps" | "examples" | "build" | "unit";
}

const V2 = /^(.+)\/build\/[^/]+\/[0-9a-f]{8,}\/out$/s;
const V1_BUILD = /^(.+)\/build\/[^/]+-[0-9a-f]{8,}(?:\/out)?$/s;
const V1 = /^(.+)\/(deps|examples)$/s;

/**
 * Places an `--out-dir` or OUT_DIR by its form alone; undefined if Cargo would not have chosen it.
 *
 * @param target The `--target` of the call, a triple or a path of a JSON file: its stem names a directory.
 * For a build script's run, the variable TARGET does.
 */
export function placeInTarget(directory: string, target: string | undefined): TargetPlace | undefined {
  const triple = target === undefined ? undefined : basename(target, ".json");
  const place = (profileDir: string, layout: "v1" | "v2", role: TargetPlace["role"]): TargetPlace => {
    const above = dirname(profileDir);
    const root = triple !== undefined && basename(above) === triple ? dirname(above) : above;
    return { root, profileDir, profile: basename(profileDir), layout, role };
  };
  const v2 = V2.exec(directory)?.[1];
  if (v2 !== undefined) return place(v2, "v2", "unit");
  const build = V1_BUILD.exec(directory)?.[1];
  if (build !== undefined) return place(build, "v1", "build");
  const [, profileDir, role] = V1.exec(directory) ?? [];
  return profileDir === undefined ? undefined : place(profileDir, "v1", role as "deps" | "examples");
}

/**
 * The nearest directory, this one or above, that Cargo marked as its own; for output directories that
 * `placeInTarget` cannot place. What is found is remembered in `memo`.
 */
export function findMarkedTarget(
  directory: string,
  files: Pick<FileAccess, "exists">,
  memo: Map<string, string | undefined> = new Map(),
): string | undefined {
  if (memo.has(directory)) return memo.get(directory);
  const marked = ["CACHEDIR.TAG", ".rustc_info.json"].some((name) => files.exists(join(directory, name)));
  const above = dirname(directory);
  const found = marked ? directory : above === directory ? undefined : findMarkedTarget(above, files, memo);
  memo.set(directory, found);
  return found;
}

/**
 * Where Cargo keeps the fingerprint of a unit.
 *
 * @param directory its `--out-dir`, or OUT_DIR for a build script's run
 * @param extraFilename as on the command line: with the dash, empty if there is none
 * @returns undefined if its name cannot be told
 */
export function fingerprintDirectory(
  directory: string,
  place: TargetPlace,
  packageName: string,
  extraFilename: string,
): string | undefined {
  if (place.layout === "v2") return join(dirname(directory), "fingerprint");
  const base = join(place.profileDir, ".fingerprint");
  if (place.role !== "build") {
    return extraFilename === "" ? undefined : join(base, packageName + extraFilename);
  }
  return join(base, basename(basename(directory) === "out" ? dirname(directory) : directory));
}

/** Where Cargo keeps what a build script printed: files with names of their own, beside directories. */
export function buildScriptRunDirectory(outDir: string, layout: "v1" | "v2"): string {
  return layout === "v1" ? dirname(outDir) : join(dirname(outDir), "run");
}

/** What Cargo calls the directory of a profile. */
export function profileDirectory(profile: string): string {
  if (profile === "dev" || profile === "test") return "debug";
  return profile === "bench" ? "release" : profile;
}

/** What Cargo calls the directory of a platform: a triple, or the stem of a JSON file's path. */
export function platformDirectory(platform: string): string {
  return basename(platform, ".json");
}
