// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../src/unit/digest.ts";
import { digestTree, listEmptyDirectories } from "../../src/unit/tree.ts";

describe("digestTree", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "green-tree-"));
    mkdirSync(join(root, "package"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const digest = (what: "everything" | "sources") =>
    digestTree(join(root, "package"), what, async (path) => digestOf(readFileSync(path)));

  it("counts empty directories in what was generated, and not among sources", async () => {
    const before = [await digest("everything"), await digest("sources")];
    mkdirSync(join(root, "package", "a", "b"), { recursive: true });
    expect(await listEmptyDirectories(join(root, "package"))).toEqual(["a/b"]);
    const after = [await digest("everything"), await digest("sources")];
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([false, true]);
  });
});
