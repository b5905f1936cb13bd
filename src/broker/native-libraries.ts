// SPDX-License-Identifier: MIT OR Apache-2.0
import { join, resolve } from "node:path";
import { linkerWords } from "../cargo/link-argument.ts";
import { normaliseText, type PathRoots } from "../cargo/roots.ts";
import type { RustcInvocation } from "../cargo/rustc-argv.ts";
import { namesIn, statOf } from "../existing-files.ts";
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
    const matches = await Promise.all(
      directories.map(async (directory) => {
        const files = fileNames(name).map(async (file) => {
          const path = join(directory, file);
          return statOf(path)?.isFile() ? [`${file} ${await digestFile(path)}`] : [];
        });
        return (await Promise.all(files)).flat().join(" ");
      }),
    );
    // Names, and which of them lie together: a shared object hides an archive beside it, not one further on.
    const found = matches.filter((match) => match !== "");
    if (found.length === 0) system = true;
    inputs[`native library ${name}`] = found.length === 0 ? "the system's" : found.join(", ");
  }
  return { inputs, system };
}

/**
 * Digests of all libraries in a unit's own directories (`-L native=`, and `-L` among link arguments): which of them are
 * linked or bundled is also decided by what was said for units below, by `#[link(name = "…")]` in sources, and by
 * link arguments (`-lfoo`). The system's directories are left out: its identity stands for them.
 */
export async function nativeDirectories(
  invocation: RustcInvocation,
  cwd: string,
  roots: PathRoots,
  digestFile: (path: string) => Promise<Digest>,
): Promise<Readonly<Record<string, string>>> {
  const inputs: Record<string, string> = {};
  const words = invocation.linkArgs.flatMap(linkerWords);
  const named = [
    ...invocation.searchPaths.flatMap(({ kind, path }) => (kind === "dependency" ? [] : [path])),
    ...words.flatMap((word, at) =>
      word === "-L" ? (words[at + 1] ?? []) : (LINKER_L.exec(word)?.[1] ?? []),
    ),
  ];
  for (const directory of new Set(named.map((path) => resolve(cwd, path)))) {
    if (SYSTEM.test(directory)) continue;
    const names = namesIn(directory)
      .filter((name) => LIBRARY.test(name))
      .sort();
    const digests = await Promise.all(
      names.map(
        async (name) => `${name} ${await digestFile(`${directory}/${name}`).catch(() => "(unreadable)")}`,
      ),
    );
    inputs[`native directory ${normaliseText(directory, roots)}`] = digests.join(" ");
  }
  return inputs;
}

const SYSTEM = /^\/(usr\/)?lib(32|64|x32|exec)?(\/|$)/;
const LINKER_L = /^(?:-L|--library-path=)(.+)$/s;
const LIBRARY = /\.(a|so|dylib|lib|o|tbd)(\.[\d.]+)?$/;

/** The names that linkers try for `-lfoo`, and `foo` itself for `+verbatim`. */
function fileNames(name: string): readonly string[] {
  return [`lib${name}.a`, `lib${name}.so`, `lib${name}.dylib`, `${name}.lib`, name];
}
