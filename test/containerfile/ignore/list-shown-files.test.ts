// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listShownFiles } from "../../../src/containerfile/ignore/list-shown-files.ts";
import { writeFiles } from "../../support/files.ts";

const CARGOS_TAG =
  "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by cargo.\n";
const OTHERS_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by somebody else.\n";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "green-shown-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("files and links are listed bytewise, directories and what cannot be read as text are not", async () => {
  writeFiles(directory, { "a/b": "", "a-b": "", "a.b": "", é: "", "\uffff": "", "\u{1f980}": "" });
  mkdirSync(join(directory, "empty"));
  symlinkSync("a", join(directory, "link"));
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff])]), "");
  expect(await listShownFiles(directory)).toEqual(["a-b", "a.b", "a/b", "link", "é", "\uffff", "\u{1f980}"]);
});

test("what git and Cargo make is never shown, sources of the same name are", async () => {
  writeFiles(directory, {
    ...{ ".git/HEAD": "", ".dockerignore": "!target\n!.git\n", "target/debug/a": "" },
    ...{
      "src/target/mod.rs": "",
      "build/CACHEDIR.TAG": CARGOS_TAG,
      "build/a": "",
      "a/build/CACHEDIR.TAG": CARGOS_TAG,
    },
    ...{ "cache/CACHEDIR.TAG": OTHERS_TAG, "sub/.git": "gitdir: ../.git/modules/sub\n", "sub/lib.rs": "" },
  });
  expect(await listShownFiles(directory)).toEqual([
    ...[".dockerignore", "cache/CACHEDIR.TAG", "src/target/mod.rs", "sub/lib.rs"],
  ]);
});

test("both files must show it", async () => {
  writeFiles(directory, {
    ...{
      ".gitignore": "*.log\nout/\n",
      ".dockerignore": "secret\n**/*.pem\n!out\n!a.log\n!keep/secret.pem\n",
    },
    ...{ "a.log": "", "out/a": "", "secret/a": "", "keep/a.pem": "", "keep/secret.pem": "", "keep/b": "" },
  });
  expect(await listShownFiles(directory)).toEqual([
    ".dockerignore",
    ".gitignore",
    "keep/b",
    "keep/secret.pem",
  ]);
});

test("rules of the repository around a package count", async () => {
  writeFiles(directory, {
    ...{ ".git/HEAD": "", ".gitignore": "*.bin\n/crates/a/gen\n", "crates/.gitignore": "!a/keep.bin\n" },
    ...{ "crates/a/keep.bin": "", "crates/a/x.bin": "", "crates/a/gen/x": "", "crates/a/src/gen": "" },
  });
  expect(await listShownFiles(join(directory, "crates/a"))).toEqual(["keep.bin", "src/gen"]);
});

test("a repository that leaves a package out has nothing to say about it", async () => {
  writeFiles(directory, {
    ...{ ".git/HEAD": "", ".gitignore": "*\n" },
    ...{ "projects/a/.gitignore": "/x\n", "projects/a/x": "", "projects/a/y": "" },
  });
  expect(await listShownFiles(join(directory, "projects/a"))).toEqual([".gitignore", "y"]);
});

test("a file of rules that cannot be read stops it", async () => {
  mkdirSync(join(directory, ".dockerignore"));
  await expect(listShownFiles(directory)).rejects.toThrow("EISDIR");
});
