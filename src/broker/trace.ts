// SPDX-License-Identifier: MIT OR Apache-2.0
import type { UnitSolved } from "../runner/container/builder-event.ts";
import type { ChildCommand, ChildResult, FinalAnswer, ShimRequest } from "./protocol.ts";
import type { UnitOutcome } from "./unit-services.ts";

/** Told what happens to each unit of a build, as it happens. Must not throw, and must not take time. */
export interface TraceSink {
  /** A shim asks; text is UTF-8. */
  begin(request: ShimRequest): UnitSpan;
}

/** What happens to one unit, in this order; the outcome of a unit that was built may come last. */
export interface UnitSpan {
  /** The program runs in the shim's place. */
  started(command: ChildCommand): void;
  ended(result: ChildResult): void;
  /** A builder ran it in a container, or had its result; more than once if it had to be run otherwise. */
  solved(event: UnitSolved): void;
  /** The shim has its answer. */
  answered(answer: FinalAnswer): void;
  outcome(outcome: UnitOutcome): void;
}
