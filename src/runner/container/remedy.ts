// SPDX-License-Identifier: MIT OR Apache-2.0
import { causeOfFailure, namedIn, needsNetwork } from "../host/failure.ts";
import { libraryPackage, programPackage } from "./system-packages.ts";

/** A unit that failed in a container. */
export interface FailedUnit {
  readonly packageName: string;
  /** What it wrote on both streams, latin1. */
  readonly output: string;
  /** Names of variables that are set here and that it did not see. */
  readonly hidden: readonly string[];
}

/** GNU ld, lld, mold and gold, in this order. */
const LIBRARY =
  /(?:cannot find -l|unable to find library -l|library not found: |could not find native static library `)([\w.+-]+)/;
/** pkg-config, and the crate of that name. */
const PKG_CONFIG =
  /(?:Package '?([\w.+-]+)'?,? (?:required by|was not found)|The system library `([\w.+-]+)` required by crate)/;
/** What `env` says, GNU's and busybox's. The official images do not have it. */
const CLIPPY = /^env: .*\/clippy-driver'?: No such file or directory/m;
const LIBCLANG = /Unable to find libclang/;
/** rustc, shells, the crates cc, cmake and prost-build, and what most say by themselves. */
const PROGRAM =
  /(?:linker `([\w.+-]+)` not found|(?:^|[\s/])([\w.+-]+): (?:command )?not found|failed to find tool "?([\w.+-]+)"?|Could not find `(protoc)`|is `([\w.+-]+)` (?:not )?installed|([\w.+-]+) not found in (?:PATH|path))/m;
/** `env!`, and build scripts that unwrap. */
const VARIABLE = /environment variable [`"']?(\w+)[`"']? (?:not|is not|must be)/;

/**
 * One line with what lets a unit work that failed in a container, for causes that are known; undefined for others, which
 * are the program's own.
 */
export function remedyFor({ packageName, output, hidden }: FailedUnit): string | undefined {
  if (CLIPPY.test(output)) return 'the base image has no Clippy: add it by `components = ["clippy"]`';
  const library = named(LIBRARY, output);
  if (library !== undefined) {
    return `the base image has no library ${library}: add it, e.g. ${addApt(libraryPackage(library))}`;
  }
  const module = named(PKG_CONFIG, output);
  if (module !== undefined) {
    return `the base image has no ${module}: add it, e.g. ${addApt(`pkg-config ${libraryPackage(module)}`)}`;
  }
  if (LIBCLANG.test(output)) return `the base image has no libclang: add it, e.g. ${addApt("libclang-dev")}`;
  const program = named(PROGRAM, output);
  if (program !== undefined) {
    return `the base image has no ${program}: add it, e.g. ${addApt(programPackage(program))}`;
  }
  const cause = causeOfFailure(output, hidden);
  if (needsNetwork(cause)) {
    return `units have no network: allow it with \`with-network\` (CARGOGREEN_WITH_NETWORK=${packageName})`;
  }
  const missing = namedIn(output, hidden);
  const variables = missing.length > 0 ? missing : [named(VARIABLE, output) ?? []].flat();
  if (variables.length === 0) return undefined;
  const list = variables.join(",");
  return `it does not see ${variables.join(", ")}: show it with \`set-envs\` (CARGOGREEN_SET_ENVS=${list})`;
}

function named(pattern: RegExp, output: string): string | undefined {
  return pattern
    .exec(output)
    ?.slice(1)
    .find((name) => name !== undefined);
}

function addApt(packages: string): string {
  const list = packages.split(" ").map((name) => JSON.stringify(name));
  return `\`add.apt = [${list.join(", ")}]\``;
}
