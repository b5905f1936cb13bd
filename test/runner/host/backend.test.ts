// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeFiles } from "../../../src/cargo/files.ts";
import { findBackend } from "../../../src/runner/host/backend.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "backend-"));
  for (const name of ["bwrap", "shim"]) writeFileSync(join(root, name), "");
});
afterEach(() => rmSync(root, { recursive: true }));

/** Finds a backend on a machine where only these work. */
async function findWhere(
  works: readonly string[],
  memo = new Map<string, string>(),
  boot?: string,
  otherwise: { readonly code: number | undefined } = { code: 1 },
) {
  const started: string[] = [];
  const backend = await findBackend({
    files: nodeFiles("utf8"),
    env: new Map([["PATH", `relative:/none:${root}`]]),
    shim: join(root, "shim"),
    superuser: false,
    boot,
    known: (key) => memo.get(key),
    remember: (key, value) => memo.set(key, value),
    run: async (program) => {
      started.push(program);
      return { code: works.some((name) => program === join(root, name)) ? 42 : otherwise.code, stdout: "" };
    },
  });
  return { kind: backend.kind, started: started.length };
}

test("bubblewrap is taken if it works, else the shim, else nothing", async () => {
  expect(await findWhere(["bwrap", "shim"])).toEqual({ kind: "bwrap", started: 1 });
  expect(await findWhere(["shim"])).toEqual({ kind: "native", started: 2 });
  expect(await findWhere([])).toEqual({ kind: "none", started: 2 });
});

test("an answer holds until the next boot, or until a program is another", async () => {
  const memo = new Map<string, string>();
  expect(await findWhere(["shim"], memo, "boot 1")).toEqual({ kind: "native", started: 2 });
  expect(await findWhere(["bwrap"], memo, "boot 1")).toEqual({ kind: "native", started: 0 });
  expect(await findWhere(["bwrap"], memo, "boot 2")).toEqual({ kind: "bwrap", started: 1 });
  writeFileSync(join(root, "bwrap"), "#!/bin/true\n");
  expect(await findWhere(["bwrap"], memo, "boot 1")).toEqual({ kind: "bwrap", started: 1 });
});

test("an answer of programs that were killed holds for this build alone", async () => {
  const memo = new Map<string, string>();
  expect(await findWhere([], memo, "boot 1", { code: undefined })).toEqual({ kind: "none", started: 2 });
  expect(await findWhere(["bwrap"], memo, "boot 1")).toEqual({ kind: "bwrap", started: 1 });
});
