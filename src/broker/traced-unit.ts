// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitSolved } from "../runner/container/builder-event.ts";
import type { ChildCommand, ChildResult, FinalAnswer, ShimRequest } from "./protocol.ts";
import type { UnitOutcome } from "./unit-services.ts";

/** One unit while and after it went by. Times are milliseconds since the epoch, with fractions. */
export interface TracedUnit {
  readonly request: ShimRequest;
  /** Row of the picture: units that overlap have different ones. */
  readonly lane: number;
  readonly asked: number;
  command?: ChildCommand;
  started?: number;
  ended?: number;
  result?: ChildResult;
  answer?: FinalAnswer;
  answered?: number;
  outcome?: UnitOutcome;
  /** Its runs on a builder of containers, in their order. */
  readonly solved: UnitSolved[];
}

/** As people know it: `ring 0.17.14 (lib)`. */
export function tracedName({ request, outcome }: TracedUnit): string {
  if (outcome !== undefined) {
    const { package: name, version, kind, target } = outcome.identity;
    return kind === "lib" || target === name
      ? `${name} ${version} (${kind})`
      : `${name} ${version} (${kind} ${target})`;
  }
  const at = request.argv.indexOf("--crate-name");
  return (
    request.env.get("CARGO_PKG_NAME") ?? (at < 0 ? request.role : (request.argv[at + 1] ?? request.role))
  );
}

/** What it printed, or what was replayed. */
export function tracedStreams({ result, answer }: TracedUnit): {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
} {
  const none = Buffer.alloc(0);
  if (result !== undefined) return result;
  return answer?.kind === "finish" ? answer : { stdout: none, stderr: none };
}
