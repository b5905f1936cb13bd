// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { namesIn, statOf } from "../src/existing-files.ts";
import { temporaryDirectory } from "./store/fixtures/temporary-directory.ts";

test("what there is no way to is not there, and no error", () => {
  const root = temporaryDirectory();
  const file = join(root, "file");
  writeFileSync(file, "four");
  symlinkSync("loop", join(root, "loop"));
  symlinkSync("file", join(root, "link"));
  mkdirSync(join(root, "directory"));
  expect(statOf(join(root, "link"))?.size).toBe(4);
  expect(namesIn(root).toSorted()).toEqual(["directory", "file", "link", "loop"]);
  const ways = [join(root, "loop"), join(file, "below"), join(root, "none"), "nul\0byte"];
  expect(ways.map(statOf)).toEqual(ways.map(() => undefined));
  expect([...ways, file, join(root, "directory")].flatMap(namesIn)).toEqual([]);
});
