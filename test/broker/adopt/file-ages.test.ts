// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changedInput, foreignInOutDir, foreignOutput } from "../../../src/broker/adopt/file-ages.ts";
import type { PlacedOutput } from "../../../src/broker/unit-plan.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";

const seconds = (time: number) => BigInt(Math.round(time * 1e9));
const now = () => Date.now() / 1000;

/** A file that says that it was written so many seconds ago. */
function file(path: string, ago: number): string {
  writeFileSync(path, "");
  utimesSync(path, now() - ago, now() - ago);
  return path;
}

function output(path: string, directory: string): PlacedOutput {
  return { path, role: "plain", file: join(directory, path) };
}

test("an input outside of Cargo's directories must have an old ctime, inside an old mtime", async () => {
  const root = temporaryDirectory();
  mkdirSync(join(root, "target"));
  const [source, built] = [file(join(root, "lib.rs"), 50), file(join(root, "target/a.rlib"), 50)];
  const directories = { target: join(root, "target"), build: join(root, "target") };
  const at = (ago: number) => ({ start: seconds(now() - ago), end: seconds(now()) });
  expect(await changedInput([built], at(10), directories)).toBeUndefined();
  expect(await changedInput([built, source], at(10), directories)).toBe(source);
  expect(await changedInput([built, source], at(-10), directories)).toBeUndefined();
  expect(await changedInput([built], at(60), directories)).toBe(built);
  expect(await changedInput([join(root, "target/gone")], at(-10), directories)).toBe(
    join(root, "target/gone"),
  );
});

test("an output is of the time between beginning and end", () => {
  const root = temporaryDirectory();
  for (const [name, ago] of [
    ["old", 100],
    ["own", 50],
    ["new", 10],
  ] as const)
    file(join(root, name), ago);
  const span = { start: seconds(now() - 60), end: seconds(now() - 40) };
  expect(foreignOutput([output("own", root)], span)).toBeUndefined();
  for (const name of ["old", "new", "gone"])
    expect(foreignOutput([output("own", root), output(name, root)], span)).toBe(name);
});

test("what a script copied with its old mtime is its own if it came in that time, and nothing comes or goes later", () => {
  const outDir = temporaryDirectory();
  file(join(outDir, "copied"), 1000);
  const during = { start: seconds(now() - 5), end: seconds(now() + 5) };
  const before = { start: seconds(now() - 50), end: seconds(now() - 40) };
  const after = { start: seconds(now() + 50), end: seconds(now() + 60) };
  const outputs = [output("copied", outDir)];
  expect(foreignInOutDir(outDir, outputs, during)).toBeUndefined();
  expect(foreignInOutDir(outDir, outputs, before)).toBe("copied");
  expect(foreignInOutDir(outDir, outputs, after)).toBe("copied");
  expect(foreignInOutDir(outDir, [], during)).toBeUndefined();
  expect(foreignInOutDir(outDir, [], before)).toBe(outDir);
});
