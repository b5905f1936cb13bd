// SPDX-License-Identifier: MIT OR Apache-2.0
import { looksSecret } from "../cargo/env-policy.ts";
import { cargoHome, type Package } from "../cargo/package.ts";
import { makeRoots, normaliseText, type PathRoots } from "../cargo/roots.ts";
import type { ShimRequest } from "./protocol.ts";

export interface RootFacts {
  readonly request: ShimRequest;
  readonly package: Package;
  readonly targetRoot: string;
  readonly sysroot: string;
}

/** The roots of a build's requests: nearly all have the same, which are found once. */
export class RequestRoots {
  readonly #known = new Map<string, PathRoots>();

  /** As `rootsOf`. */
  of(facts: RootFacts): PathRoots {
    const places = placesOf(facts);
    const question = JSON.stringify(places);
    const roots = this.#known.get(question) ?? makeRoots(places);
    this.#known.set(question, roots);
    return roots;
  }
}

/**
 * The places of this machine that may stand in what a unit gets and gives.
 * Cargo compiles packages from the workspace's root (or their own, outside of it) and runs build scripts in the
 * package's; packages that cannot change lie below CARGO_HOME.
 */
export function rootsOf(facts: RootFacts): PathRoots {
  return makeRoots(placesOf(facts));
}

function placesOf({
  request,
  package: own,
  targetRoot,
  sysroot,
}: RootFacts): Parameters<typeof makeRoots>[0] {
  const { env, cwd, role } = request;
  const changing = own.immutable ? {} : role === "build-script" ? { PACKAGE: own.root } : { WORKSPACE: cwd };
  return {
    ...changing,
    OUT_DIR: env.get("OUT_DIR"),
    TARGET: targetRoot,
    CARGO_HOME: cargoHome(env),
    SYSROOT: sysroot,
    HOME: env.get("HOME"),
  };
}

/**
 * The part of an environment that a record keeps: what Cargo set for the unit, and what is in its key.
 * OUT_DIR stays a path below the target directory: where it is shows in what is compiled from it.
 */
export function invocationEnvironment(
  env: ReadonlyMap<string, string>,
  labels: readonly string[],
  roots: PathRoots,
): Readonly<Record<string, string>> {
  const keyed = new Set(
    labels.filter((label) => label.startsWith("env ")).map((label) => label.slice("env ".length)),
  );
  const kept: Record<string, string> = {};
  const places = { roots: roots.roots.filter(({ name }) => name !== "OUT_DIR") };
  for (const [name, value] of env) {
    if (isUnitVariable(name) || (keyed.has(name) && !looksSecret(name)))
      kept[name] = normaliseText(value, places);
  }
  return kept;
}

/** https://doc.rust-lang.org/1.95.0/cargo/reference/environment-variables.html#environment-variables-cargo-sets-for-crates */
function isUnitVariable(name: string): boolean {
  return name === "OUT_DIR" || /^CARGO_(PKG|BIN|MANIFEST|CRATE|PRIMARY|TARGET_TMPDIR|FEATURE|CFG)/.test(name);
}
