// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * The pieces as they come; throws what `error` makes as soon as one that is waited for does not come within `limitMs`.
 * The source is then left, without waiting for it: it is for `stop` to end it.
 */
export async function* unlessSilent<T>(
  pieces: AsyncIterable<T>,
  limitMs: number,
  error: () => Error,
  stop: () => void = () => {},
): AsyncGenerator<T, void, undefined> {
  const iterator = pieces[Symbol.asyncIterator]();
  let isSilent = false;
  try {
    for (;;) {
      const next = await within(iterator.next(), limitMs);
      if (next === "silence") {
        isSilent = true;
        stop();
        throw error();
      }
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    const left = iterator.return?.();
    // Who waits for the next piece cannot be ended by asking.
    if (isSilent) left?.catch(() => {});
    else await left;
  }
}

async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | "silence"> {
  const { promise: silence, resolve } = Promise.withResolvers<"silence">();
  const timer = setTimeout(resolve, limitMs, "silence");
  promise.catch(() => {});
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
