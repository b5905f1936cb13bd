// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { createByteBudget } from "../src/byte-budget.ts";

test("tasks run together as far as what they hold fits, in their order, and one that fails leaves its place", async () => {
  const budget = createByteBudget(10);
  const running: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const begin = (name: string, bytes: number) => {
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    return budget(bytes, async () => {
      running.push(name);
      await end.promise.finally(() => running.splice(running.indexOf(name), 1));
      return name;
    });
  };
  const end = async (name: string) => {
    ends.get(name)?.resolve();
    await new Promise(setImmediate);
  };
  const tasks = [begin("a", 6), begin("b", 4), begin("large", 50), begin("c", 1)];
  await new Promise(setImmediate);
  expect(running).toEqual(["a", "b"]);
  await end("a");
  expect(running).toEqual(["b"]);
  ends.get("b")?.reject(new Error("failed"));
  await expect(tasks[1]).rejects.toThrow("failed");
  await new Promise(setImmediate);
  expect(running).toEqual(["large"]);
  await end("large");
  await end("c");
  expect(await Promise.all([tasks[0], tasks[2], tasks[3]])).toEqual(["a", "large", "c"]);
});
