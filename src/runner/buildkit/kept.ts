// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Something that is made when it is first asked for, and anew when it is of no more use. Who asks while it is being made
 * gets the same; a failure to make it is told to all who wait, and the next one tries again.
 */
export function kept<T>(make: () => Promise<T>, isUsable: (made: T) => boolean): () => Promise<T> {
  let current: Promise<T> | undefined;
  const forget = (which: Promise<T>) => {
    if (current === which) current = undefined;
  };
  return async function get(): Promise<T> {
    if (current !== undefined) {
      const found = current;
      const made = await found;
      if (isUsable(made)) return made;
      forget(found);
      return get();
    }
    const making = make();
    current = making;
    making.catch(() => forget(making));
    return making;
  };
}
