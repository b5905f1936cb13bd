// SPDX-License-Identifier: MIT OR Apache-2.0

/** Runs a task as soon as the bytes that it holds fit in with those of the tasks that run. */
export type ByteBudget = <T>(bytes: number, task: () => Promise<T>) => Promise<T>;

/** At most so many bytes are held at once, first come first served; a task that wants more runs by itself. */
export function createByteBudget(most: number): ByteBudget {
  let held = 0;
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  const startNext = () => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (held > 0 && held + next.bytes > most) return;
      waiting.shift();
      held += next.bytes;
      next.start();
    }
  };
  return async (bytes, task) => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    waiting.push({ bytes, start });
    startNext();
    await started;
    try {
      return await task();
    } finally {
      held -= bytes;
      startNext();
    }
  };
}
