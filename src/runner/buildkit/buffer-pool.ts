// SPDX-License-Identifier: MIT OR Apache-2.0

/** Buffers that are used again: what is allocated for every file of a build keeps the garbage collector busy. */
export interface BufferPool {
  /** Lends a buffer of so many bytes for as long as the work takes; what it contains at first is anything. */
  lend<T>(bytes: number, work: (buffer: Buffer) => Promise<T>): Promise<T>;
}

/** Up to this, Node has a pool of its own. */
const SMALL_BYTES = 4096;
/** 64 KiB: sizes are rounded up to powers of two from here on. */
const LEAST_BYTES = 64 * 1024;
/** 64 MiB are kept for whoever comes next. */
const KEPT_BYTES = 64 * 1024 * 1024;

export function createBufferPool(keptBytes = KEPT_BYTES): BufferPool {
  const free: Buffer[] = [];
  let kept = 0;
  const take = (bytes: number): Buffer => {
    const size = sizeFor(bytes);
    const at = free.findLastIndex((each) => each.length === size);
    const [found] = at < 0 ? [] : free.splice(at, 1);
    if (found === undefined) return Buffer.allocUnsafeSlow(size);
    kept -= size;
    return found;
  };
  const giveBack = (buffer: Buffer): void => {
    free.push(buffer);
    kept += buffer.length;
    // What was not used for longest goes first.
    while (kept > keptBytes) kept -= free.shift()?.length ?? 0;
  };
  return {
    async lend(bytes, work) {
      if (bytes <= SMALL_BYTES) return work(Buffer.allocUnsafe(bytes));
      const whole = take(bytes);
      const done = await work(whole.subarray(0, bytes));
      // Where the work failed, something may still write to it.
      giveBack(whole);
      return done;
    },
  };
}

function sizeFor(bytes: number): number {
  let size = LEAST_BYTES;
  while (size < bytes) size *= 2;
  return size;
}
