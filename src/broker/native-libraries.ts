// SPDX-License-Identifier: MIT OR Apache-2.0
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RustcInvocation } from "../cargo/rustc-argv.ts";
import type { Digest } from "../unit/digest.ts";

export interface NativeLibraries {
  /** Labelled digests of the archives and shared objects that were found. */
  readonly inputs: Readonly<Record<string, string>>;
  /** True if the linker will have to find some of them by itself. */
  readonly system: boolean;
}

/**
 * Finds what `-l` names in the unit's own `-L native=` and `-L all=` directories. Every match counts, not just the
 * first: which one is taken is the linker's affair.
 */
export async function findNativeLibraries(
  invocation: RustcInvocation,
  cwd: string,
  digestFile: (path: string) => Promise<Digest>,
): Promise<NativeLibraries> {
  const directories = invocation.searchPaths
    .filter(({ kind }) => kind === "native" || kind === "all")
    .map(({ path }) => resolve(cwd, path));
  const inputs: Record<string, string> = {};
  let system = false;
  for (const { name } of invocation.nativeLibs) {
    const digests = await Promise.all(
      directories.flatMap((directory) =>
        fileNames(name).map(async (file) => {
          const path = join(directory, file);
          const found = await stat(path).catch(() => undefined);
          return found?.isFile() ? digestFile(path) : undefined;
        }),
      ),
    );
    const found = digests.filter((digest) => digest !== undefined);
    if (found.length === 0) system = true;
    inputs[`native library ${name}`] = found.length === 0 ? "the system's" : found.join(" ");
  }
  return { inputs, system };
}

/** The names that linkers try for `-lfoo`, and `foo` itself for `+verbatim`. */
function fileNames(name: string): readonly string[] {
  return [`lib${name}.a`, `lib${name}.so`, `lib${name}.dylib`, `${name}.lib`, name];
}
