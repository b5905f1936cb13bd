// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { unlessSilent } from "../../src/remote/unless-silent.ts";
import { sleep } from "../support/process.ts";
import { listed } from "../support/remote-content.ts";

const silence = () => new Error("silent");

test("pieces come through as long as none is late, however long they are used", async () => {
  const pieces = async function* () {
    yield 1;
    yield 2;
  };
  const got: number[] = [];
  for await (const piece of unlessSilent(pieces(), 50, silence)) {
    got.push(piece);
    await sleep(100);
  }
  expect(got).toEqual([1, 2]);
});

test("one that does not come ends it, and the source is told", async () => {
  const { promise: never } = Promise.withResolvers<void>();
  const pieces = async function* () {
    yield 1;
    await never;
  };
  let isStopped = false;
  const all = listed(
    unlessSilent(pieces(), 20, silence, () => {
      isStopped = true;
    }),
  );
  await expect(all).rejects.toThrow("silent");
  expect(isStopped).toBe(true);
});

test("who leaves early ends the source", async () => {
  let isEnded = false;
  const pieces = async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      isEnded = true;
    }
  };
  for await (const _ of unlessSilent(pieces(), 1000, silence)) break;
  expect(isEnded).toBe(true);
});
