// SPDX-License-Identifier: MIT OR Apache-2.0
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isForeground } from "../../src/broker/foreground.ts";

test.each([
  ["712 (node) S 700 712 700 34816 712 4194304 0", true],
  ["712 (a) b) (c) S 700 712 700 34816 712 4194304 0", true],
  ["712 (node) S 700 712 700 34816 700 4194304 0", false],
  ["712 (node) S 700 712 700 0 -1 4194304 0", false],
])("of %j it is %s that a terminal's ^C reaches it", (stat, expected) => {
  expect(isForeground(stat)).toBe(expected);
});

test.skipIf(process.platform !== "linux")("a process of a session without a terminal is not in front", () => {
  const { stdout } = spawnSync("setsid", ["--wait", "cat", "/proc/self/stat"], { encoding: "utf8" });
  expect(stdout).toContain("(cat)");
  expect(isForeground(stdout)).toBe(false);
  expect(typeof isForeground(readFileSync("/proc/self/stat", "latin1"))).toBe("boolean");
});
