// SPDX-License-Identifier: MIT OR Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { GreenError } from "../../error.ts";

/** How often and after how long something that may work the next time is tried again. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
  /** Before the first of these; doubles each time. Half of each wait is random, so that many clients spread out. */
  readonly baseMs: number;
  /** No wait of our own is longer. */
  readonly maxMs: number;
  /** No wait that a server asks for is longer. */
  readonly maxAskedMs: number;
  /** Nothing is tried again this long after the beginning. */
  readonly totalMs: number;
}

export const DEFAULT_RETRIES: RetryPolicy = {
  ...{ retries: 5, baseMs: 200, maxMs: 10_000 },
  ...{ maxAskedMs: 30_000, totalMs: 120_000 },
};

/** What an attempt came to. It may as well throw: again, if the error says so. */
export type Attempt<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "again"; readonly error: GreenError; readonly waitMs?: number | undefined };

/** Tries until it is done, or throws what the last attempt failed of, as something that is not worth trying again. */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<Attempt<T>>,
): Promise<T> {
  const start = performance.now();
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted();
    const outcome = await attempt().catch(retryable);
    if (outcome.kind === "done") return outcome.value;
    const wait = outcome.waitMs ?? ownWait(policy, failures);
    if (failures >= policy.retries || performance.now() - start + wait > policy.totalMs)
      throw givenUp(outcome.error);
    await pause(wait, signal);
  }
}

/** An error that enough was tried about: whoever asked does not begin again. */
export function givenUp({ code, message, hint, side, cause }: GreenError): GreenError {
  return new GreenError(code, message, { side, cause, ...(hint === undefined ? {} : { hint }) });
}

function retryable(thrown: unknown): Attempt<never> {
  if (thrown instanceof GreenError && thrown.retryable) return { kind: "again", error: thrown };
  throw thrown;
}

function ownWait({ baseMs, maxMs }: RetryPolicy, failures: number): number {
  return Math.min(baseMs * 2 ** failures, maxMs) * (0.5 + Math.random() / 2);
}

/** Waits as long as is right after some failures in a row, at least one. */
export function pauseAfter(
  policy: RetryPolicy,
  failures: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return pause(ownWait(policy, failures - 1), signal);
}

/** Waits, unless the signal ends it. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown;
  }
}
