// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../src/package-root.ts";

test("the package's directory has our package.json and the shim's source", () => {
  const root = packageRoot();
  expect(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).toMatchObject({ name: "cargo-green" });
  expect(existsSync(join(root, "shim/main.rs"))).toBe(true);
});
