// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { kept } from "../../../src/runner/buildkit/kept.ts";

test("who asks at the same time gets the same, and later what is still of use", async () => {
  let made = 0;
  const spent = new Set<number>();
  const get = kept(
    async () => ++made,
    (it) => !spent.has(it),
  );
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  expect(await get()).toBe(1);
  spent.add(1);
  expect(await Promise.all([get(), get(), get()])).toEqual([2, 2, 2]);
});

test("a failure is told to all who wait, and the next one tries again", async () => {
  let attempts = 0;
  const get = kept(
    async () => {
      attempts += 1;
      if (attempts === 1) throw new Error("no");
      return attempts;
    },
    () => true,
  );
  expect(await Promise.allSettled([get(), get()])).toEqual([
    expect.objectContaining({ status: "rejected" }),
    expect.objectContaining({ status: "rejected" }),
  ]);
  expect(await get()).toBe(2);
});
