// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Does `work` with each item, so many at once. After a failure nothing new is begun; what runs is waited for, and then
 * the first failure is thrown.
 */
export async function atOnce<T>(
  limit: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    const task = work(item)
      .catch((thrown: unknown) => void failures.push(thrown))
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= limit) await Promise.race(running);
    if (failures.length > 0) break;
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}

/**
 * The same for work that is of use only as a whole: after a failure, or if the signal says so, what runs is told to end
 * by its own signal. Throws the first failure, or the signal's reason, when nothing runs any more.
 */
export async function allOrNone<T>(
  limit: number,
  items: Iterable<T>,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const both = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  await atOnce(limit, items, async (item) => {
    both.throwIfAborted();
    try {
      await work(item, both);
    } catch (thrown) {
      failed.abort(thrown);
      throw thrown;
    }
  });
}
