// SPDX-License-Identifier: MIT OR Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";

/** What terminals, shells and systems end a program by. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** So long work has to put away what it began: whoever presses ^C waits no second. */
const TIDY_MS = 500;

/** What work came to, or the signal that ended it. */
export type Interruptible<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "interrupted"; readonly by: NodeJS.Signals };

/** What was done without a chance of being interrupted. */
export function done<T>(value: T): Interruptible<T> {
  return { kind: "done", value };
}

/**
 * Does work that may be interrupted: at a signal to this process the work is told, by its own, and has a moment to put
 * away what it began. Throws as the work does, unless it was interrupted.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<Interruptible<T>> {
  const abort = new AbortController();
  const { promise: interrupted, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const interrupt = (by: NodeJS.Signals) => {
    abort.abort(new Error(`Interrupted by ${by}`));
    resolve(by);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    const ended = work(abort.signal).then(done);
    const stopped = interrupted.then(async (by): Promise<Interruptible<T>> => {
      await Promise.race([ended.catch(() => {}), sleep(TIDY_MS)]);
      return { kind: "interrupted", by };
    });
    const outcome = await Promise.race([ended, stopped]).catch((thrown: unknown) => {
      if (!abort.signal.aborted) throw thrown;
    });
    // What was told to end may have come to something all the same.
    return outcome === undefined || abort.signal.aborted ? await stopped : outcome;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
