// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { LeftFiles } from "../../../src/broker/container/left-files.ts";
import { tellsPlaces } from "../../../src/broker/container/placements.ts";
import { Places } from "../../../src/broker/container/places.ts";
import { makeRoots } from "../../../src/cargo/roots.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { IMAGE, sampleUnit } from "./sample-unit.ts";

const ROOTS = makeRoots({ WORKSPACE: "/home/u/w", TARGET: "/home/u/w/target", CARGO_HOME: "/home/u/.cargo" });

/** Files of a unit that was run in neutral places, on the disk, and as far as they are known. */
function leave(isRustc: boolean, contents: Record<string, string>, isKnown: boolean) {
  const unit = sampleUnit({ isRustc, roots: ROOTS, place: "/home/u/w/target/debug/deps" });
  const places = new Places(unit, IMAGE, "neutral");
  const left = new LeftFiles(unit, places);
  const from = temporaryDirectory();
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(from, path)), { recursive: true });
    writeFileSync(join(from, path), text);
    if (isKnown) left.arrived(path, Buffer.from(text));
  }
  return { left, tells: () => tellsPlaces(from, unit, places, left.byPath) };
}

test("a file is known by its bytes, and by the places of this machine in it", () => {
  const { left } = leave(true, { "a.rlib": "from /home/u/w/src", "d/b": "nothing" }, true);
  expect(left.byPath.get("a.rlib")).toMatchObject({
    digest: digestOf("from /home/u/w/src"),
    ...{ size: 18, roots: ["WORKSPACE"] },
  });
  expect(left.byPath.get("d/b")?.roots).toEqual([]);
  left.arrived("a.rlib", undefined);
  expect(left.byPath.has("a.rlib")).toBe(false);
});

test.each([true, false])(
  "that a unit tells where it was run is seen in its files, known or not: %s",
  async (isKnown) => {
    const tells = (isRustc: boolean, contents: Record<string, string>) =>
      leave(isRustc, contents, isKnown).tells();
    expect(await tells(true, { "a.rlib": "\0/green/work/src", "b.d": "" })).toBe(true);
    expect(await tells(true, { "a.rlib": "\0/work/src", "a.d": "a: /green/work/src/lib.rs" })).toBe(false);
    expect(await tells(false, { "d/bindings.rs": "// in /target/debug/build" })).toBe(true);
    expect(await tells(false, { "lib.a": "\0/target/debug/build", "x.d": "none" })).toBe(false);
  },
);
