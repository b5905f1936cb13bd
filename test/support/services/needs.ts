// SPDX-License-Identifier: MIT OR Apache-2.0
import { describe } from "vitest";
import { findProgram } from "../../../hack/services.d/directory.ts";
import type { ProgramName } from "../../../hack/services.d/programs.ts";
import { HOW_TO_INSTALL } from "./program.ts";

/**
 * `describe` for tests that need programs of `hack/services`. Without them they are skipped, and their title says why;
 * with `CI=true` they fail instead.
 */
export function describeWith(programs: readonly ProgramName[], title: string, tests: () => void): void {
  const missing = programs.filter((name) => findProgram(name, process.env) === undefined);
  if (missing.length === 0) return void describe(title, tests);
  if (process.env["CI"] === "true")
    throw new Error(`${title}: ${missing.join(", ")} missing: ${HOW_TO_INSTALL}`);
  describe.skip(`${title} (needs ${missing.join(", ")}: ${HOW_TO_INSTALL})`, tests);
}
