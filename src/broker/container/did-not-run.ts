// SPDX-License-Identifier: MIT OR Apache-2.0
import type { GreenError } from "../../error.ts";
import type { UnitRun } from "../unit-runner.ts";

/**
 * A unit that had to run on a builder and could not: it fails, and a line says why and what would help.
 * @param isKnown True if all of that was said of another unit of this build: many may be on a builder at once when it
 * goes away. Which of the lines comes first is Cargo's to say, so each can stand alone.
 */
export function didNotRun(
  name: string,
  runner: "buildkit" | "podman",
  { message, side, hint }: GreenError,
  isKnown = false,
): UnitRun {
  const where = side === undefined ? "" : ` on ${side}`;
  const help = hint ?? "CARGOGREEN_RUNNER=auto goes on here without it";
  const [what] = message.split(": ");
  const why = isKnown
    ? `: ${what}`
    : ` (CARGOGREEN_RUNNER=${runner}): ${message.replace(/\.$/, "")}; ${help}`;
  const line = Buffer.from(`cargo-green: ${name} did not run${where}${why}\n`);
  return {
    result: { exit: { how: "exited", code: 1 }, complete: true, stdout: Buffer.alloc(0), stderr: line },
    note: { mode: "container", network: false, hidden: [], seen: [] },
    answer: { kind: "finish", code: 1, stdout: Buffer.alloc(0), stderr: line },
    objection: undefined,
  };
}

/** What is one reason for whoever reads it, of however many units it is said in whatever details. */
export function reasonOf({ code, side, message, hint }: GreenError): string {
  return JSON.stringify([code, side, hint ?? message]);
}
