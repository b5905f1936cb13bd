// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type SegmentStore, segmentOf } from "../../../src/broker/share/unit-segment.ts";
import { layerOf, type Segment } from "../../../src/remote/format/layer.ts";
import { readLayer } from "../../../src/remote/format/read-layer.ts";
import { layerPath } from "../../../src/remote/format/unit-paths.ts";
import { storeLayout } from "../../../src/store/layout.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { digestOf } from "../../../src/unit/digest.ts";
import type { UnitRecord } from "../../../src/unit/record.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { storeUnit } from "../../support/shared-units.ts";

function setting() {
  const directory = join(temporaryDirectory(), "store");
  const store = openStore(directory);
  onTestFinished(() => store.close());
  const adopt = vi.fn(store.adopt);
  return { layout: storeLayout(directory), store, watched: { ...store, adopt } };
}

/** Files of a layer that consists of this segment alone, by path. */
async function filesIn(segment: Segment, record: UnitRecord): Promise<readonly string[]> {
  const { open } = await layerOf([segment]);
  const expected = new Map(record.outputs.map((each) => [layerPath(record, each), each]));
  const found: string[] = [];
  await readLayer(open(), expected, { what: "It", tarSize: 10_000_000 }, async (path, content) => {
    let text = "";
    for await (const piece of content) text += Buffer.from(piece).toString();
    found.push(`${path}: ${text}`);
  });
  return found;
}

const derivedOf = (store: SegmentStore, { instance }: UnitRecord) => store.derived([instance]).get(instance);

test("a segment is made once, and anew when it is lost or rotten", async () => {
  const { layout, store, watched } = setting();
  const record = await storeUnit(store, { content: "its file" });
  const expected = ["target/release/deps/libserde-0123.rlib: its file"];
  const first = await segmentOf(record, watched);
  expect(await filesIn(first, record)).toEqual(expected);
  expect(await segmentOf(record, watched)).toMatchObject({ size: first.size, diffId: first.diffId });
  expect(watched.adopt).toHaveBeenCalledTimes(1);
  const kept = derivedOf(store, record);
  const rot = () => writeFileSync(layout.filePath(kept?.digest ?? digestOf("")), "rotten");
  const lose = () => {
    if (kept !== undefined) rmSync(layout.filePath(kept.digest));
  };
  for (const spoil of [rot, lose]) {
    spoil();
    expect(await filesIn(await segmentOf(record, watched), record)).toEqual(expected);
    expect(derivedOf(store, record)).toEqual(kept);
  }
  expect(watched.adopt).toHaveBeenCalledTimes(3);
});

test("a segment of a file that is read in pieces has all of them", async () => {
  const { store } = setting();
  const content = Array.from({ length: 400_000 }, (_, at) => at).join(" ");
  const record = await storeUnit(store, { content });
  const [file] = await filesIn(await segmentOf(record, store), record);
  expect(file === `target/release/deps/libserde-0123.rlib: ${content}`).toBe(true);
});

test("another result of the same name has another segment", async () => {
  const { store, watched } = setting();
  const record = await storeUnit(store, { content: "its file" });
  await segmentOf(record, watched);
  const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from("dep-info"), false));
  const other: UnitRecord = {
    ...record,
    outputs: [...record.outputs, { path: "serde.d", role: "dep-info", digest, size, executable: false }],
  };
  store.put(other);
  expect(await filesIn(await segmentOf(other, watched), other)).toEqual([
    "target/release/deps/libserde-0123.rlib: its file",
    "target/release/deps/serde.d: dep-info",
  ]);
});

test("a segment that cannot be made leaves nothing behind", async () => {
  const { layout, store } = setting();
  const record = await storeUnit(store, { content: "its file" });
  const full = new AbortController();
  full.abort(new Error("stopped"));
  await expect(segmentOf(record, store, full.signal)).rejects.toThrow("stopped");
  expect(readdirSync(layout.temp)).toEqual([]);
});
