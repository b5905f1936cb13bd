// SPDX-License-Identifier: MIT OR Apache-2.0
import { dirname, join } from "node:path";
import { classifyEnv } from "../../cargo/env-policy.ts";
import type { UnitToRun } from "../unit-runner.ts";
import type { UnitImage } from "./image.ts";
import type { Places } from "./places.ts";

/** They say where this user keeps things, or which of several toolchains is meant: an image has one, and a /tmp. */
export const OF_THIS_MACHINE: ReadonlySet<string> = new Set(
  "TMPDIR TEMP TMP RUSTUP_HOME RUSTUP_TOOLCHAIN RUSTUP_TOOLCHAIN_SOURCE".split(" "),
);
/** Cargo promises it to build scripts. One number for all: what is run must not depend on who asks. */
const NUM_JOBS = "4";
/** A package and the repository around it are mounts of their own, and git would look no further than the first. */
const ACROSS_MOUNTS = ["GIT_DISCOVERY_ACROSS_FILESYSTEM", "1"] as const;
/** The home of a unit that reads HOME: empty, and gone afterwards. */
const EMPTY_HOME = "/tmp";

/** All that a unit sees in a container: what it would see here but for `hidden`, with the image's programs and places. */
export function containerEnvironment(
  unit: Pick<UnitToRun, "env" | "isRustc">,
  hidden: readonly string[],
  places: Places,
  image: Pick<UnitImage, "rustc" | "path">,
): ReadonlyMap<string, string> {
  const env = new Map<string, string>();
  for (const [name, value] of unit.env) {
    if (classifyEnv(name) === "bookkeeping" || OF_THIS_MACHINE.has(name) || hidden.includes(name)) continue;
    env.set(name, places.toContainer(value));
  }
  env.set("PATH", image.path);
  if (env.has("HOME")) env.set("HOME", EMPTY_HOME);
  const beside = dirname(image.rustc);
  for (const [name, program] of Object.entries(PROGRAMS)) {
    if (env.has(name)) env.set(name, join(beside, program));
  }
  if (!unit.isRustc) {
    env.set("NUM_JOBS", NUM_JOBS);
    env.set(...ACROSS_MOUNTS);
  }
  return env;
}

const PROGRAMS: Readonly<Record<string, string>> = {
  RUSTC: "rustc",
  RUSTDOC: "rustdoc",
  CARGO: "cargo",
  RUSTC_WORKSPACE_WRAPPER: "clippy-driver",
};
