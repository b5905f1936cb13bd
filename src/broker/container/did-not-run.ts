// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../../error.ts";
import type { UnitRun } from "../unit-runner.ts";

/** A unit that had to run on a builder and could not: it fails, and a line says why and what would help. */
export function didNotRun(
  name: string,
  runner: "buildkit" | "podman",
  { message, side, hint }: GreenError,
): UnitRun {
  const where = side === undefined ? "" : ` on ${side}`;
  const help = hint ?? "CARGOGREEN_RUNNER=auto goes on here without it";
  const line = Buffer.from(
    `cargo-green: ${name} did not run${where} (CARGOGREEN_RUNNER=${runner}): ${message}; ${help}\n`,
  );
  return {
    result: { exit: { how: "exited", code: 1 }, complete: true, stdout: Buffer.alloc(0), stderr: line },
    note: { mode: "container", network: false, hidden: [], seen: [] },
    answer: { kind: "finish", code: 1, stdout: Buffer.alloc(0), stderr: line },
    objection: undefined,
  };
}
