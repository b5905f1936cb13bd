// SPDX-License-Identifier: MIT OR Apache-2.0
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bringHome } from "../../../src/broker/container/bring-home.ts";
import { Places } from "../../../src/broker/container/places.ts";
import { IMAGE, sampleUnit } from "./sample-unit.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bring-home-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const bring = (made: Record<string, string>, prepare: (from: string) => void = () => {}) => {
  const from = join(directory, "made");
  mkdirSync(from);
  for (const [name, text] of Object.entries(made)) {
    mkdirSync(dirname(join(from, name)), { recursive: true });
    writeFileSync(join(from, name), text);
  }
  prepare(from);
  const unit = sampleUnit({ isRustc: false, place: join(directory, "out") });
  return bringHome(from, unit, new Places(unit, IMAGE, "neutral"));
};

it("replaces what was there, and leaves nothing of its own", async () => {
  mkdirSync(join(directory, "out"));
  writeFileSync(join(directory, "out/old"), "");
  expect(await bring({ ".now": "theirs", word: "text" })).toEqual([
    join(directory, "out/.now"),
    join(directory, "out/word"),
  ]);
  expect(readFileSync(join(directory, "out/.now"), "utf8")).toBe("theirs");
  expect(readdirSync(directory).sort()).toEqual(["made", "out"]);
  expect(readdirSync(join(directory, "out")).sort()).toEqual([".now", "word"]);
});

it("is never newer than what is written afterwards", async () => {
  for (let round = 0; round < 50; round++) {
    await bring({ word: "text" });
    const after = join(directory, "invoked.timestamp");
    writeFileSync(after, "");
    const mtime = (path: string) => statSync(path, { bigint: true }).mtimeNs;
    expect(mtime(join(directory, "out/word"))).toBeLessThanOrEqual(mtime(after));
    rmSync(join(directory, "made"), { recursive: true });
  }
});

it("takes files back that a builder's clock dates ahead, leaves older times, and what links lead to", async () => {
  const [ahead, before] = [new Date(Date.now() + 3_600_000), new Date(1_000_000_000_000)];
  const outside = join(directory, "outside");
  writeFileSync(outside, "");
  utimesSync(outside, before, before);
  await bring({ "a/ahead": "", "a/before": "" }, (from) => {
    utimesSync(join(from, "a/ahead"), ahead, ahead);
    utimesSync(join(from, "a/before"), before, before);
    symlinkSync(outside, join(from, "link"));
  });
  const mtime = (path: string) => statSync(join(directory, path)).mtimeMs;
  expect(mtime("out/a/ahead")).toBeLessThanOrEqual(Date.now());
  expect([mtime("out/a/before"), mtime("outside")]).toEqual([before.getTime(), before.getTime()]);
});
