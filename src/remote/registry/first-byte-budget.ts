// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** A limit to how long an answer may take to begin. */
export interface FirstByteBudget {
  /** Aborted with the caller's reason, or "unreachable" when the time is over. */
  readonly signal: AbortSignal | undefined;
  /** The answer has begun, or nobody waits for it any more. */
  stop(): void;
}

/** Starts the clock; without a limit there is only the caller's signal. */
export function startBudget(
  limitMs: number | undefined,
  signal: AbortSignal | undefined,
  side: string,
  host: string,
): FirstByteBudget {
  if (limitMs === undefined) return { signal, stop: () => {} };
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `"${host}" did not begin to answer within ${limitMs / 1000} s`;
    controller.abort(new GreenError("unreachable", message, { side }));
  }, limitMs);
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    stop: () => clearTimeout(timer),
  };
}
