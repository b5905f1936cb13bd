// SPDX-License-Identifier: MIT OR Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configFilePlaces } from "./config-files.ts";

/** Another compiler wrapper that Cargo would use, and who says so. */
export interface OtherWrapper {
  readonly program: string;
  /** `RUSTC_WRAPPER`, `CARGO_BUILD_RUSTC_WRAPPER`, or the path of a Cargo configuration file. */
  readonly setBy: string;
}

/** The file name of our own shim: finding it configured is no conflict. */
const SHIM_NAME = "cargo-green-shim";

/**
 * The wrapper that plain Cargo would use here, if it is not ours: the variables first, then the configuration
 * files from `cwd` upward and in CARGO_HOME.
 */
export function findOtherWrapper(env: NodeJS.ProcessEnv, cwd: string): OtherWrapper | undefined {
  for (const setBy of ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"]) {
    const program = env[setBy];
    if (program !== undefined) return other(program, setBy);
  }
  const home = env["CARGO_HOME"] ?? join(env["HOME"] ?? "/", ".cargo");
  for (const place of configFilePlaces(cwd, home)) {
    const program = wrapperInFile(place);
    if (program !== undefined) return other(program, place);
  }
  return undefined;
}

function other(program: string, setBy: string): OtherWrapper | undefined {
  return program === "" || program.endsWith(SHIM_NAME) ? undefined : { program, setBy };
}

/** `rustc-wrapper = "…"` below `[build]`, or `build.rustc-wrapper`; enough to warn by, so no TOML parser is loaded. */
function wrapperInFile(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  return /^\s*(?:build\s*\.\s*)?rustc-wrapper\s*=\s*["']([^"']*)["']/m.exec(text)?.[1];
}
