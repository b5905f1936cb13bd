// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Trial } from "../../../hack/bench.d/trial.ts";

/** A trial that counts, but for what is said otherwise. */
export function trial(changes: Partial<Trial> = {}): Trial {
  return {
    project: "ripgrep",
    profile: "release",
    scenario: "elsewhere",
    tool: "green",
    round: 1,
    seconds: 1,
    units: 48,
    compilations: 41,
    compiled: 0,
    scans: 0,
    ...changes,
  };
}
