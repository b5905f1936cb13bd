// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { createBufferPool } from "../../../src/runner/buildkit/buffer-pool.ts";

const memoryOf = async (buffer: Buffer) => buffer.buffer;

test("a buffer is lent again when it is back, to one at a time, and has the length that was asked for", async () => {
  const pool = createBufferPool();
  const [first, second] = await Promise.all([
    pool.lend(100_000, async (buffer) => {
      await new Promise(setImmediate);
      return { memory: buffer.buffer, length: buffer.length };
    }),
    pool.lend(100_001, async (buffer) => ({ memory: buffer.buffer, length: buffer.length })),
  ]);
  expect([first.length, second.length]).toEqual([100_000, 100_001]);
  expect(first.memory).not.toBe(second.memory);
  expect([first.memory, second.memory]).toContain(await pool.lend(70_000, memoryOf));
});

test("what failed may still be written to: its buffer does not come back", async () => {
  const pool = createBufferPool();
  let memory: ArrayBufferLike | undefined;
  const failed = pool.lend(100_000, async (buffer) => {
    memory = buffer.buffer;
    throw new Error("broken");
  });
  await expect(failed).rejects.toThrow("broken");
  expect(await pool.lend(100_000, memoryOf)).not.toBe(memory);
});

test("no more is kept than it may", async () => {
  const pool = createBufferPool(128 * 1024);
  const small = await pool.lend(60_000, memoryOf);
  await pool.lend(100_000, memoryOf); // 128 KiB
  expect(await pool.lend(60_000, memoryOf)).not.toBe(small);
});
