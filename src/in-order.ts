// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * What `ask` answers for each item, in the order of the items, with so many questions under way at once. Neither items
 * nor answers are gathered: who takes no more answers asks no more questions.
 *
 * @throws what `ask` throws, when its turn comes
 */
export async function* inOrder<T, Answer>(
  limit: number,
  items: Iterable<T> | AsyncIterable<T>,
  ask: (item: T) => Promise<Answer>,
): AsyncGenerator<Answer, void, undefined> {
  const waiting: Promise<Answer>[] = [];
  try {
    for await (const item of items) {
      const asked = ask(item);
      asked.catch(() => {}); // told when its turn comes
      waiting.push(asked);
      const next = waiting.length >= limit ? waiting.shift() : undefined;
      if (next !== undefined) yield await next;
    }
    for (const next of waiting.splice(0)) yield await next;
  } finally {
    await Promise.allSettled(waiting);
  }
}
