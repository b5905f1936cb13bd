// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectDirectory } from "../../src/cargo/project.ts";
import { temporaryDirectory } from "../store/fixtures/temporary-directory.ts";

test("a build belongs to the nearest Cargo.lock, else the nearest Cargo.toml, else where it started", () => {
  const root = temporaryDirectory();
  const member = join(root, "workspace/crates/member");
  mkdirSync(join(member, "src"), { recursive: true });
  expect(projectDirectory(join(member, "src"))).toBe(join(member, "src"));
  writeFileSync(join(root, "Cargo.toml"), "");
  writeFileSync(join(member, "Cargo.toml"), "");
  expect(projectDirectory(join(member, "src"))).toBe(member);
  writeFileSync(join(root, "workspace/Cargo.lock"), "");
  expect(projectDirectory(join(member, "src"))).toBe(join(root, "workspace"));
  expect(projectDirectory(join(member, "src/../../.."))).toBe(join(root, "workspace"));
  expect(projectDirectory(root)).toBe(root);
});
