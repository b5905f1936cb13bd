// SPDX-License-Identifier: MIT OR Apache-2.0
import { rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/crate-source.ts";
import type { Profile } from "./scenarios.ts";

/** What a build consists of: as much of `--unit-graph` (version 1, unstable) as matters here. */
export interface UnitGraph {
  readonly units: readonly {
    readonly pkg_id: string;
    readonly mode: string;
    readonly dependencies: readonly { readonly index: number }[];
  }[];
}

/** How many units Cargo wants for a build. */
export interface UnitCounts {
  /** Compiler calls and runs of build scripts. */
  readonly units: number;
  /** Compiler calls alone: what the counting rustc sees of a cold build. */
  readonly compilations: number;
}

/**
 * Asks Cargo for the unit graph. A compiler that is told to allow what is unstable answers probes differently, and
 * Cargo keeps the answers, hence a target directory that is thrown away.
 */
export function readUnitGraph(source: string, profile: Profile, env: NodeJS.ProcessEnv): UnitGraph {
  const scratch = join(source, "..", "unit-graph");
  const args = ["build", ...profile.args, "--target-dir", scratch, "-Z", "unstable-options", "--unit-graph"];
  const graph = run("cargo", args, source, { ...env, ...profile.env, RUSTC_BOOTSTRAP: "1" });
  rmSync(scratch, { recursive: true, force: true });
  return JSON.parse(graph) as UnitGraph;
}

export function countUnits({ units }: UnitGraph): UnitCounts {
  const runs = units.filter(({ mode }) => mode === "run-custom-build").length;
  return { units: units.length, compilations: units.length - runs };
}

/** Names of the packages that have a unit above one of this package, at any depth, itself included; sorted. */
export function dependentsOf(leaf: string, { units }: UnitGraph): readonly string[] {
  const above = new Set<number>();
  for (let before = -1; before < above.size; ) {
    before = above.size;
    for (const [at, { pkg_id, dependencies }] of units.entries()) {
      if (packageName(pkg_id) === leaf || dependencies.some(({ index }) => above.has(index))) above.add(at);
    }
  }
  return [...new Set(units.filter((_, at) => above.has(at)).map(({ pkg_id }) => packageName(pkg_id)))].sort();
}

/** `…#name@version`, or `…/name#version` where the directory is called as the package (cargo help pkgid). */
function packageName(id: string): string {
  const [source = "", fragment = ""] = id.split("#");
  const at = fragment.indexOf("@");
  return at === -1 ? (source.split("/").at(-1) ?? "") : fragment.slice(0, at);
}
