// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { InputCollector } from "../../../src/broker/container/input-collector.ts";
import { everythingIn, treeOf } from "../../../src/broker/container/local-tree.ts";
import { MadeFiles } from "../../../src/broker/container/made-files.ts";
import { Places } from "../../../src/broker/container/places.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import type { ContainerInput, ContainerUnit } from "../../../src/containerfile/container-unit.ts";
import { hashFile } from "../../../src/store/hash-file.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { type Files, writeFiles } from "../../support/files.ts";
import { IMAGE, ownUnit } from "./sample-unit.ts";

const digestFile = async (path: string) => (await hashFile(path)).digest;

/** A workspace with these files, of which a unit sees some where they are here. */
function collector(files: Files) {
  const root = temporaryDirectory();
  writeFiles(root, files);
  const roots = makeRoots({ WORKSPACE: root, TARGET: join(root, "target") });
  const unit = ownUnit({ roots, place: join(root, "target/debug/deps") });
  const made = new MadeFiles();
  const collected = new InputCollector({ places: new Places(unit, IMAGE, "here"), made, digestFile });
  const shown = async () =>
    (await collected.inputs()).map(
      (input) => `${input.kind} ${input.target.slice(root.length)}${shownOf(input)}`,
    );
  return { at: (path: string) => join(root, path), root, made, collected, shown };
}

function shownOf(input: ContainerInput): string {
  if (input.kind === "tree") return ` ${input.tree.files?.join(" ")}`;
  return input.kind === "output" ? ` ${input.path}` : input.file.executable ? " x" : "";
}

test("a file is shown as such, a directory as a tree, and what is not there is not", async () => {
  const { at, collected, shown } = collector({ "a/b": "1", "a/c/d": "2", script: "3" });
  chmodSync(at("script"), 0o755);
  for (const path of ["script", "a", "missing", "a/c/d"]) await collected.add(at(path));
  expect(await shown()).toEqual(["tree /a b c/d", "file /script x"]);
});

test("a tree that something else lies in is shown part by part", async () => {
  const { at, root, collected, shown } = collector({
    ...{ "Cargo.toml": "", "src/lib.rs": "", "data/x": "", "data/deep/y": "", "data/deep/z": "" },
    ...{ "target/debug/deps/liba.rlib": "", "data/deep/made": "" },
  });
  collected.addTree(await treeOf(root, ["Cargo.toml", "data/deep/y", "data/x", "src/lib.rs"], digestFile));
  await collected.add(at("target/debug/deps/liba.rlib"));
  await collected.add(at("data/deep/made"));
  expect(await shown()).toEqual([
    ...["file /Cargo.toml", "file /data/deep/made", "file /data/deep/y", "file /data/x"],
    ...["tree /src lib.rs", "file /target/debug/deps/liba.rlib"],
  ]);
});

test("what the builder has is not sent, nor what lies in it", async () => {
  const { at, made, collected, shown } = collector({ "target/debug/build/x-0/out/include/x.h": "" });
  const unit = {} as ContainerUnit;
  made.note(at("target/debug/build/x-0/out"), unit, "");
  await collected.add(at("target/debug/build/x-0/out/include"));
  expect(await shown()).toEqual(["output /target/debug/build/x-0/out/include include"]);
  await collected.add(at("target/debug/build/x-0/out"));
  expect(await shown()).toEqual(["output /target/debug/build/x-0/out "]);
});

test("trees are told apart by names, contents, links and who may be started", async () => {
  const { at, root } = collector({ a: "1", b: "2" });
  const identity = async () => (await treeOf(root, await everythingIn(root), digestFile)).identity;
  const first = await identity();
  chmodSync(at("b"), 0o755);
  expect(await identity()).not.toBe(first);
  chmodSync(at("b"), 0o644);
  expect(await identity()).toBe(first);
});
