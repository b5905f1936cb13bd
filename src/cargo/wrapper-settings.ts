// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configFilePlaces } from "./config-files.ts";

/** A compiler wrapper that Cargo would use, and who says so. */
export interface ConfiguredWrapper {
  readonly program: string;
  /** `RUSTC_WRAPPER`, `CARGO_BUILD_RUSTC_WRAPPER`, or the path of a Cargo configuration file. */
  readonly setBy: string;
}

/** The file name of our own shim: finding it configured is no conflict. */
const SHIM_NAME = "cargo-green-shim";

/** The wrapper that plain Cargo would use here, if it is not ours. */
export function findOtherWrapper(env: NodeJS.ProcessEnv, cwd: string): ConfiguredWrapper | undefined {
  const wrapper = findWrapper(env, cwd);
  return wrapper === undefined || isShim(wrapper) ? undefined : wrapper;
}

/** Is it ours, of whichever version? */
export function isShim({ program }: ConfiguredWrapper): boolean {
  return program.endsWith(SHIM_NAME);
}

/**
 * The wrapper that plain Cargo would use here: the variables first, then the configuration files from `cwd` upward and
 * in CARGO_HOME.
 */
export function findWrapper(env: NodeJS.ProcessEnv, cwd: string): ConfiguredWrapper | undefined {
  for (const setBy of ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"]) {
    const program = env[setBy];
    if (program !== undefined) return configured(program, setBy);
  }
  const home = env["CARGO_HOME"] ?? join(env["HOME"] ?? "/", ".cargo");
  for (const place of configFilePlaces(cwd, home)) {
    const program = wrapperInFile(place);
    if (program !== undefined) return configured(program, place);
  }
  return undefined;
}

/** Empty means none, and hides what weaker places say. */
function configured(program: string, setBy: string): ConfiguredWrapper | undefined {
  return program === "" ? undefined : { program, setBy };
}

/** `rustc-wrapper = "…"` below `[build]`, or `build.rustc-wrapper`, or in an inline table; enough to warn by, so no TOML parser is loaded. */
function wrapperInFile(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  return /(?:^|[{,])\s*(?:build\s*\.\s*)?rustc-wrapper\s*=\s*["']([^"']*)["']/m.exec(text)?.[1];
}
