// SPDX-License-Identifier: MIT OR Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearestName } from "../../src/config/nearest.ts";

test.each([
  ["", "abc", 3],
  ["sandbox", "sandbox", 0],
  ["sandbxo", "sandbox", 1],
  ["sndbox", "sandbox", 1],
  ["ca", "abc", 3],
])("%j and %j are %i apart", (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

test("distance is symmetric, and zero only between equals", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

test("only what is near is suggested", () => {
  const names = ["sandbox", "set-envs", "log"];
  expect(nearestName("sandbx", names)).toBe("sandbox");
  expect(nearestName("set_env", names)).toBe("set-envs");
  expect(nearestName("lgo", names)).toBe("log");
  expect(nearestName("volume", names)).toBeUndefined();
});
