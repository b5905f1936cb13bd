// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { joined } from "../../../src/broker/share/joined.ts";

test("pieces that lie one behind the other are one without a copy, others with one", () => {
  const memory = new Uint8Array([1, 2, 3, 4, 5, 6]);
  const one = joined([memory.subarray(1, 3), memory.subarray(3, 5)], 4);
  expect([...one]).toEqual([2, 3, 4, 5]);
  expect(one.buffer).toBe(memory.buffer);
  expect([...joined([memory.subarray(3, 5), memory.subarray(1, 3)], 4)]).toEqual([4, 5, 2, 3]);
  expect([...joined([memory.subarray(0, 1), new Uint8Array([2])], 2)]).toEqual([1, 2]);
  expect([...joined([], 0)]).toEqual([]);
});
