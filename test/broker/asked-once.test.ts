// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { askedOnce } from "../../src/broker/asked-once.ts";
import type { UnitStore } from "../../src/store/store.ts";
import { digestOf } from "../../src/unit/digest.ts";

/** A store that notes what it is asked, of a file that appears and an answer that is remembered after the first time. */
function recordingStore() {
  const asked: string[] = [];
  const isFirst = (question: string) =>
    asked.push(question) && asked.filter((each) => each === question).length === 1;
  const store = {
    digestFile: async (path: string) => {
      if (isFirst(path) && path === "late") throw new Error("it is not there");
      return digestOf(path);
    },
    memo: (namespace: string, key: string) =>
      isFirst(`${namespace} ${key}`) && key === "late" ? undefined : "yes",
  } as unknown as UnitStore;
  return { store: askedOnce(store), asked };
}

test("what a store said it is not asked again", async () => {
  const { store, asked } = recordingStore();
  for (const _ of [1, 2]) {
    expect(await store.digestFile("a")).toBe(digestOf("a"));
    expect(store.memo("names", "a")).toBe("yes");
  }
  expect(asked).toEqual(["a", "names a"]);
});

test("what it did not know it is asked again", async () => {
  const { store, asked } = recordingStore();
  await expect(store.digestFile("late")).rejects.toThrow("not there");
  expect(await store.digestFile("late")).toBe(digestOf("late"));
  expect([store.memo("names", "late"), store.memo("names", "late")]).toEqual([undefined, "yes"]);
  expect(asked).toEqual(["late", "late", "names late", "names late"]);
});
