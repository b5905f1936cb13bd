// SPDX-License-Identifier: MIT OR Apache-2.0
import { existsSync, mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { STORED_MTIME_S, storeLayout } from "../../src/store/layout.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store, VerifyProgress } from "../../src/store/store.ts";
import { type Digest, digestOf } from "../../src/unit/digest.ts";
import { sampleOutput, sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

const HOUR_MS = 3_600_000;

interface Clock {
  ahead: number;
}

/** A store with a clock that can be put ahead, and a way to put a record of some contents. */
function setting() {
  const directory = temporaryDirectory();
  const clock: Clock = { ahead: 0 };
  const store = openStore(directory, { now: () => Date.now() + clock.ahead });
  onTestFinished(() => store.close());
  const put = async (name: string, ...contents: string[]) => {
    const outputs = await Promise.all(
      contents.map(async (content, place) => {
        const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from(content), false));
        return sampleOutput(digest, size, `${place}`);
      }),
    );
    store.put(sampleRecord({ name, outputs }));
    clock.ahead += 1000; // so that the order of use is that of the puts
    return idOf(store, name);
  };
  const isStored = (content: string) => existsSync(storeLayout(directory).filePath(digestOf(content)));
  return { directory, store, clock, put, isStored, layout: storeLayout(directory) };
}

function idOf(store: Store, name: string): number {
  const { instance } = sampleRecord({ name });
  return store.list({ selectors: [] }).rows.find((row) => row.instance === instance)?.id ?? -1;
}

const namesIn = (store: Store, ...names: string[]) => names.filter((name) => idOf(store, name) >= 0);

test("removing frees the files that only the removed needed, and a dry run says the same", async () => {
  const { store, put, isStored } = setting();
  const ids = [await put("a", "shared by all", "only a"), await put("b", "shared by all", "a and b"), -5];
  await put("c", "shared by all", "c");
  const expected = { records: 2, size: 13 * 2 + 6 + 7, freed: 6 + 7 };
  expect(await store.remove(ids, { dryRun: true })).toEqual(expected);
  expect(namesIn(store, "a", "b", "c")).toEqual(["a", "b", "c"]);
  expect(await store.remove(ids)).toEqual(expected);
  expect(namesIn(store, "a", "b", "c")).toEqual(["c"]);
  expect(["shared by all", "only a", "a and b", "c"].map(isStored)).toEqual([true, false, false, true]);
  expect(store.totals()).toEqual({ records: 1, size: 14, sizeOnDisk: 14 });
});

test("what was made of a record counts, goes with it or with what takes its place, and is never truth", async () => {
  const { layout, store, clock, put, isStored } = setting();
  const id = await put("a", "a's file");
  const { instance } = sampleRecord({ name: "a" });
  const derive = async (content: string, of = instance) => {
    const file = await store.adopt(await store.stageBytes(Buffer.from(content), false));
    store.keepDerived(of, { ...file, note: content });
    return file.digest;
  };
  await derive("first");
  const digest = await derive("second!");
  expect([...store.derived([instance, sampleRecord({ name: "b" }).instance])]).toEqual([
    [instance, { digest, size: 7, note: "second!" }],
  ]);
  await derive("of nothing", sampleRecord({ name: "b" }).instance);
  expect(store.totals()).toMatchObject({ size: 8, sizeOnDisk: 15 });
  clock.ahead += 2 * HOUR_MS;
  expect(await store.gc()).toMatchObject({ files: 2, freed: 15 });
  expect(["first", "second!", "of nothing"].map(isStored)).toEqual([false, true, false]);
  store.put(sampleRecord({ name: "a", outputs: store.get(id)?.outputs ?? [] })); // recorded again
  expect(store.derived([instance]).size).toBe(1);
  truncateSync(layout.filePath(digest), 1);
  expect((await store.verify()).corrupt).toEqual([{ digest, records: [] }]);
  expect([store.derived([instance]).size, store.totals()]).toEqual([
    0,
    { records: 1, size: 8, sizeOnDisk: 8 },
  ]);
  await derive("third");
  expect(await store.remove([id], { dryRun: true })).toEqual({ records: 1, size: 8, freed: 13 });
  expect(await store.remove([id])).toEqual({ records: 1, size: 8, freed: 13 });
  expect(["a's file", "third"].map(isStored)).toEqual([false, false]);
});

test("pruning to a size takes the least recently used and leaves the pinned", async () => {
  const { store, put, clock } = setting();
  const a = await put("a", "aaaaaaaaaa");
  for (const name of ["b", "c", "d"]) await put(name, name.repeat(10));
  expect([store.pin([a, a, -1]), store.pin([a])]).toEqual([1, 0]);
  store.touch(sampleRecord({ name: "b" }).instance);
  store.flush();
  const expected = { records: 2, size: 20, freed: 20 };
  expect(await store.prune({ keepSize: 25, dryRun: true })).toEqual(expected);
  expect(await store.prune({ keepSize: 25 })).toEqual(expected);
  expect(namesIn(store, "a", "b", "c", "d")).toEqual(["a", "b"]);
  clock.ahead += HOUR_MS;
  await put("e", "e");
  expect(await store.prune({ unusedSince: Date.now() + clock.ahead - HOUR_MS / 2 })).toMatchObject({
    records: 1,
  });
  expect(namesIn(store, "a", "b", "e")).toEqual(["a", "e"]);
  store.put({ ...sampleRecord({ name: "stale" }), schema: 0 as 3 });
  expect(await store.prune({ staleSchema: true })).toMatchObject({ records: 1 });
  store.unpin([a]);
  expect(await store.prune({ keepSize: 0 })).toMatchObject({ records: 2, freed: 11 });
});

test("gc spares what was adopted within the grace period and removes what nobody refers to", async () => {
  const { store, put, clock, isStored, layout } = setting();
  await put("a", "kept");
  await store.adopt(await store.stageBytes(Buffer.from("orphan"), false));
  const stray = layout.filePath(digestOf("stray") as Digest);
  mkdirSync(dirname(stray), { recursive: true });
  writeFileSync(stray, "stray");
  const lone = layout.recordPath(sampleRecord({ name: "lone" }).instance);
  mkdirSync(dirname(lone), { recursive: true });
  writeFileSync(lone, "");
  expect(await store.gc({ graceMs: HOUR_MS })).toEqual({ files: 0, leftovers: 0, freed: 0 });
  clock.ahead += 2 * HOUR_MS;
  await store.adopt(await store.stageBytes(Buffer.from("orphan"), false)); // claimed again, by another build
  expect(await store.gc({ graceMs: HOUR_MS })).toEqual({ files: 1, leftovers: 1, freed: 5 });
  expect([isStored("kept"), isStored("orphan"), existsSync(stray), existsSync(lone)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(await store.gc({ graceMs: 0 })).toEqual({ files: 1, leftovers: 0, freed: 6 });
  expect([isStored("kept"), isStored("orphan")]).toEqual([true, false]);
});

test("verifying finds wrong, missing and unreadable things, and leaves only what is right", async () => {
  const { store, put, layout } = setting();
  for (const name of ["good", "wrong", "gone", "torn"]) await put(name, name, "shared");
  await put("also wrong", "wrong");
  const path = (content: string) => layout.filePath(digestOf(content) as Digest);
  writeFileSync(path("wrong"), "WRONG");
  utimesSync(path("wrong"), STORED_MTIME_S, STORED_MTIME_S);
  rmSync(path("gone"));
  truncateSync(layout.recordPath(sampleRecord({ name: "torn" }).instance), 30);
  const progress: VerifyProgress[] = [];
  const report = await store.verify({ onProgress: (each) => progress.push(each) });
  const names = (rows: readonly { instance: string }[]) =>
    ["good", "wrong", "gone", "torn", "also wrong"].filter((name) =>
      rows.some((row) => row.instance === sampleRecord({ name }).instance),
    );
  expect(report).toMatchObject({ checked: 5, bytes: 4 + 6 + 5 + 4, records: 2, indexSound: true });
  expect(report.corrupt.map((file) => [file.digest, names(file.records)])).toEqual([
    [digestOf("wrong"), ["wrong", "also wrong"]],
  ]);
  expect(report.missing.map((file) => [file.digest, names(file.records)])).toEqual([
    [digestOf("gone"), ["gone"]],
  ]);
  expect(names(report.unreadable)).toEqual(["torn"]);
  expect(progress.at(-1)).toEqual({ checked: 5, total: 5, bytes: report.bytes });
  expect(namesIn(store, "good", "wrong", "gone", "torn", "also wrong")).toEqual(["good"]);
  expect(store.totals()).toEqual({ records: 1, size: 10, sizeOnDisk: 10 });
  expect(await store.verify()).toMatchObject({ corrupt: [], missing: [], unreadable: [], records: 1 });
});

test("the nearest record has the most equal inputs, then the same version and compiler, and never all of them", () => {
  const { store } = setting();
  const inputs = { RUSTFLAGS: "-O", "crate version": "1.0.228", "file src/lib.rs": "1", "env FOO": "x" };
  const { identity } = sampleRecord();
  const put = (name: string, changed: Record<string, string>, own: Partial<typeof identity> = {}) =>
    store.put(sampleRecord({ name, inputs: { ...inputs, ...changed }, identity: own, created: 1000 }));
  const nearest = (options?: Parameters<Store["nearest"]>[2]) =>
    store.nearest(identity, inputs, options)?.instance;
  const named = (name: string) => sampleRecord({ name }).instance;
  expect(nearest()).toBeUndefined();
  put("other crate", { RUSTFLAGS: "" }, { package: "libc" });
  put("other kind", { RUSTFLAGS: "" }, { kind: "test" });
  put("itself", {});
  expect(nearest()).toBeUndefined();
  put("two changes", { RUSTFLAGS: "", "env FOO": "y" });
  expect(nearest()).toBe(named("two changes"));
  put("one change, other version", { "crate version": "1.0.0" }, { version: "1.0.0" });
  expect(nearest()).toBe(named("one change, other version"));
  put("one change", { RUSTFLAGS: "" });
  expect(nearest()).toBe(named("one change"));
  expect(nearest({ excludeKey: sampleRecord({ name: "one change" }).key })).toBe(
    named("one change, other version"),
  );
  expect(nearest({ before: 1000 })).toBeUndefined();
});
