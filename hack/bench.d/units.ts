// SPDX-License-Identifier: MIT OR Apache-2.0
import { rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/crate-source.ts";
import type { Profile } from "./scenarios.ts";

/** How many units Cargo wants for a build. */
export interface UnitCounts {
  /** Compiler calls and runs of build scripts. */
  readonly units: number;
  /** Compiler calls alone: what the counting rustc sees of a cold build. */
  readonly compilations: number;
}

/**
 * Asks Cargo for the unit graph, which is unstable. A compiler that is told so answers probes differently, and Cargo
 * keeps the answers, hence a target directory that is thrown away.
 */
export function countUnits(source: string, profile: Profile, env: NodeJS.ProcessEnv): UnitCounts {
  const scratch = join(source, "..", "unit-graph");
  const args = ["build", ...profile.args, "--target-dir", scratch, "-Z", "unstable-options", "--unit-graph"];
  const graph = run("cargo", args, source, { ...env, ...profile.env, RUSTC_BOOTSTRAP: "1" });
  rmSync(scratch, { recursive: true, force: true });
  const { units } = JSON.parse(graph) as { units: readonly { readonly mode: string }[] };
  const runs = units.filter(({ mode }) => mode === "run-custom-build").length;
  return { units: units.length, compilations: units.length - runs };
}
