// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { claimSessionId } from "../../../src/runner/buildkit/session-id.ts";

test("a session has the name of the one before it, but never that of another one that is still there", async () => {
  const sender = randomUUID();
  const first = await claimSessionId("builder", sender);
  const second = await claimSessionId("builder", sender);
  const elsewhere = await claimSessionId("another builder", sender);
  expect(new Set([first.id, second.id, elsewhere.id]).size).toBe(3);
  first.release();
  const next = await claimSessionId("builder", sender);
  expect(next.id).toBe(first.id);
  for (const claimed of [second, elsewhere, next]) claimed.release();
});

test("there always is a name", async () => {
  const sender = randomUUID();
  const claimed = await Promise.all(Array.from({ length: 12 }, () => claimSessionId("builder", sender)));
  expect(new Set(claimed.map(({ id }) => id)).size).toBe(12);
  for (const { release } of claimed) release();
});
