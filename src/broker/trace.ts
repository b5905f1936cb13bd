// SPDX-License-Identifier: MIT OR Apache-2.0
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
  /** The shim has its answer. */
  answered(answer: FinalAnswer): void;
  outcome(outcome: UnitOutcome): void;
}
