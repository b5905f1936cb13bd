// SPDX-License-Identifier: MIT OR Apache-2.0
import { resolve, sep } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pathBelow } from "../../src/unit/path-below.ts";

test.each(["liba.rlib", "a/b/tool", "empty/", "..a", "a..", "a b/ä", "-", "a\\..\\b"])(
  "%j lies below its directory",
  (path) => {
    expect(pathBelow("/target/deps", path)).toBe(`/target/deps/${path}`);
  },
);

test.each([
  "",
  "/",
  "/etc/passwd",
  "..",
  "../a",
  "../",
  "a/..",
  "a/../../b",
  "a/../b",
  ".",
  "./a",
  "a//b",
  "a\0b",
])("%j is refused", (path) => {
  expect(() => pathBelow("/target/deps", path)).toThrow(expect.objectContaining({ code: "corrupt" }));
});

test("whatever a record says, nothing is named that is not below", () => {
  const part = fc.constantFrom("..", ".", "", "a", "...", "/", "\0", "b/c");
  const wild = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => parts.join("/")),
  );
  fc.assert(
    fc.property(wild, (path) => {
      let found: string;
      try {
        found = pathBelow("/target/deps", path);
      } catch {
        return;
      }
      expect(resolve(found).startsWith(`/target/deps${sep}`)).toBe(true);
    }),
  );
});
