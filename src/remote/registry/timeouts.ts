// SPDX-License-Identifier: MIT OR Apache-2.0

/** How long a registry may say nothing before a connection is given up, milliseconds. */
export interface Timeouts {
  /** Before an answer begins. */
  readonly answerMs: number;
  /** The same after bytes were sent that it has to store. */
  readonly storeMs: number;
  /** Within an answer. */
  readonly silenceMs: number;
}

/** One minute; five for storage behind the registry; half a minute: an answer that stops for so long will hardly go on. */
export const DEFAULT_TIMEOUTS: Timeouts = { answerMs: 60_000, storeMs: 5 * 60_000, silenceMs: 30_000 };
