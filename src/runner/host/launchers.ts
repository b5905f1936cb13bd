// SPDX-License-Identifier: MIT OR Apache-2.0

/** Programs in front of a C compiler that keep results in HOME or talk to a server: neither is there in a sandbox. */
const LAUNCHERS = new Set(["ccache", "sccache", "distcc", "icecc", "cachepot", "buildcache"]);
/** Variables that name a C compiler, also with a triple or `HOST_` and `TARGET_`. */
const COMPILERS = /^(?:(?:HOST|TARGET)_)?(?:CC|CXX)(?:_[\w-]+)?$|_(?:CC|CXX)$/;
const CMAKE_LAUNCHERS = /^CMAKE_(?:C|CXX|CUDA|ASM)_COMPILER_LAUNCHER$/;

/** Changes to an environment that take launchers out of it. */
export interface LauncherBypass {
  readonly set: ReadonlyMap<string, string>;
  readonly unset: readonly string[];
  /** The launchers that were found, sorted. */
  readonly bypassed: readonly string[];
}

/** `CC="sccache gcc"` becomes `gcc`; CMake's launcher variables go; ccache, which PATH may lead to, is told to step aside. */
export function bypassLaunchers(env: ReadonlyMap<string, string>): LauncherBypass {
  const set = new Map([["CCACHE_DISABLE", "1"]]);
  const unset: string[] = [];
  const bypassed = new Set<string>();
  for (const [name, value] of env) {
    const isCompiler = COMPILERS.test(name);
    if (!isCompiler && !CMAKE_LAUNCHERS.test(name)) continue;
    // CMake's variables are lists of its own kind.
    const [program = "", ...rest] = value.trim().split(isCompiler ? /\s+/ : /[\s;]+/);
    const launcher = program.slice(program.lastIndexOf("/") + 1);
    if (!LAUNCHERS.has(launcher)) continue;
    bypassed.add(launcher);
    if (isCompiler && rest.length > 0) set.set(name, rest.join(" "));
    else unset.push(name);
  }
  return { set, unset, bypassed: [...bypassed].sort() };
}
