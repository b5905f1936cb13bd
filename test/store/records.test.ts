// SPDX-License-Identifier: MIT OR Apache-2.0
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { storeLayout } from "../../src/store/layout.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { OpenOptions } from "../../src/store/open-unit-store.ts";
import { MAX_INPUT_SETS, type Store } from "../../src/store/store.ts";
import type { OutputFile } from "../../src/unit/record.ts";
import { sampleOutput, sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

function open(directory = temporaryDirectory(), options: OpenOptions = {}): Store {
  const store = openStore(directory, options);
  onTestFinished(() => store.close());
  return store;
}

async function stored(store: Store, content: string, path = "libx.rlib"): Promise<OutputFile> {
  const { digest, size } = await store.adopt(await store.stageBytes(Buffer.from(content), false));
  return sampleOutput(digest, size, path);
}

const everything = { selectors: [] };

test("a record comes back as it was put, the newest of a key first, and one of the same instance replaces", async () => {
  const store = open();
  const outputs = [
    await stored(store, "one"),
    await stored(store, "one", "again"),
    await stored(store, "two", "b"),
  ];
  const older = sampleRecord({ name: "a", outputs, created: 1000 });
  const newer = { ...sampleRecord({ name: "b", outputs, created: 2000 }), key: older.key };
  store.put(older);
  store.put(newer);
  expect(store.find(older.key)).toEqual([newer, older]);
  expect(store.byInstance(older.instance)).toEqual(older);
  expect(store.totals()).toEqual({ records: 2, size: 18, sizeOnDisk: 6 });
  const [row] = store.list({ selectors: [], sort: "created" }).rows.slice(1);
  const replaced = { ...older, stderr: "other", outputs: outputs.slice(0, 1) };
  store.pin([row?.id ?? -1]);
  store.put(replaced);
  expect(store.find(older.key)).toEqual([newer, replaced]);
  expect(store.totals()).toEqual({ records: 2, size: 12, sizeOnDisk: 6 });
  expect(store.list({ selectors: [], pinned: true }).rows).toMatchObject([
    { id: row?.id, size: 3, files: 1 },
  ]);
});

test("a record whose outputs are not in the store is refused and leaves nothing", async () => {
  const store = open();
  const there = await stored(store, "there");
  const absent = sampleOutput("ab".repeat(32) as typeof there.digest, 3);
  const record = sampleRecord({ outputs: [there, absent] });
  expect(() => store.put(record)).toThrow(expect.objectContaining({ code: "not-found" }));
  expect(store.find(record.key)).toEqual([]);
  expect(store.totals().records).toBe(0);
});

test("records of another schema are listed but never found", () => {
  const store = open();
  const record = { ...sampleRecord(), schema: 0 as 3 };
  store.put(record);
  expect(store.find(record.key)).toEqual([]);
  expect(store.byInstance(record.instance)).toBeUndefined();
  expect(store.list(everything).rows).toMatchObject([{ schema: 0 }]);
});

test("input sets come most recently used first, and the least recently used of too many goes", () => {
  let now = 1000;
  const store = open(undefined, { now: () => now });
  const record = (n: number) =>
    sampleRecord({ name: `${n}`, preKey: "same", inputSet: { files: [`src/${n}.rs`], env: ["HOME"] } });
  for (let n = 0; n < MAX_INPUT_SETS; n++) {
    now += 1;
    store.put(record(n));
  }
  now += 1;
  store.touch(record(0).instance);
  store.flush();
  store.put(record(99));
  const sets = store.inputSets(record(0).preKey);
  expect(sets).toHaveLength(MAX_INPUT_SETS);
  expect(sets.slice(0, 2).map((set) => set.files)).toEqual([["src/99.rs"], ["src/0.rs"]]);
  expect(sets.flatMap((set) => set.files)).not.toContain("src/1.rs");
  expect(store.list({ selectors: [], sort: "used" }).rows[0]?.used).toBe(now);
});

test("an input set goes with the last record that had it", async () => {
  const store = open();
  const of = (name: string) => sampleRecord({ name, preKey: "p", inputSet: { files: ["a.rs"], env: [] } });
  store.put(of("a"));
  store.put(of("b"));
  const ids = store.list(everything).rows.map((row) => row.id);
  await store.remove(ids.slice(0, 1));
  expect(store.inputSets(of("a").preKey)).toHaveLength(1);
  await store.remove(ids);
  expect(store.inputSets(of("a").preKey)).toEqual([]);
});

test("memos and build logs survive closing, whether flushed or not when asked for", () => {
  const directory = temporaryDirectory();
  const log = { schema: 1, workspace: "/w", started: 1, finished: 2, command: ["build"], units: [] } as const;
  const check = (store: Store) => {
    expect(store.memo("a", "k")).toBe("v2");
    expect(store.memo("b", "k")).toBeUndefined();
    expect(store.lastBuild("/w")).toEqual(log);
    expect(store.lastBuild("/x")).toBeUndefined();
  };
  const store = openStore(directory);
  store.remember("a", "k", "v1");
  store.remember("a", "k", "v2");
  store.saveBuild({ ...log, finished: 1 });
  store.saveBuild(log);
  check(store);
  store.flush();
  check(store);
  store.close();
  check(open(directory));
});

for (const [name, damage] of [
  ["deleted", (index: string) => rmSync(index)],
  ["overwritten with something else", (index: string) => writeFileSync(index, "no database".repeat(1000))],
  ["emptied", (index: string) => truncateSync(index, 0)],
] as const) {
  test(`an index that was ${name} is rebuilt from the records, pins included`, async () => {
    const directory = temporaryDirectory();
    const first = openStore(directory);
    const kept = sampleRecord({ name: "kept", outputs: [await stored(first, "kept")], preKey: "p" });
    const lost = sampleRecord({ name: "lost", outputs: [await stored(first, "lost")] });
    const torn = sampleRecord({ name: "torn", outputs: kept.outputs });
    for (const record of [kept, lost, torn]) first.put(record);
    first.pin(first.list(everything).rows.map((row) => row.id));
    first.close();
    const layout = storeLayout(directory);
    rmSync(layout.filePath(lost.outputs[0]?.digest as never));
    truncateSync(layout.recordPath(torn.instance), 20);
    damage(layout.index);
    const store = open(directory);
    expect(store.list(everything).rows).toMatchObject([{ instance: kept.instance, pinned: true, size: 4 }]);
    expect(store.find(kept.key)).toEqual([kept]);
    expect(store.inputSets(kept.preKey)).toEqual([kept.inputSet]);
    expect(store.totals()).toEqual({ records: 1, size: 4, sizeOnDisk: 4 });
    expect(await store.read(kept.outputs[0]?.digest as never)).toEqual(Buffer.from("kept"));
  });
}

test("an index damaged in the middle is noticed when it is met, and rebuilt by the next opening", () => {
  const directory = temporaryDirectory();
  const first = openStore(directory);
  for (let n = 0; n < 300; n++) first.put(sampleRecord({ name: `${n}` }));
  first.close();
  const layout = storeLayout(directory);
  const pages = Math.floor(statSync(layout.index).size / 4096);
  const whole = new DatabaseSync(layout.index);
  const inner = Number(
    whole.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'records'").get()?.["rootpage"],
  );
  whole.close();
  expect(inner).toBeLessThan(pages);
  const { openSync, writeSync, closeSync } = process.getBuiltinModule("node:fs");
  const file = openSync(layout.index, "r+");
  writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, (inner - 1) * 4096);
  closeSync(file);
  const damaged = openStore(directory);
  expect(() => damaged.list({ selectors: [], kind: "lib" })).toThrow(
    expect.objectContaining({ code: "corrupt" }),
  );
  damaged.close();
  expect(open(directory).totals().records).toBe(300);
});

test("the index of a newer version is refused and left as it is, that of an older one is rebuilt", () => {
  const directory = temporaryDirectory();
  const first = openStore(directory);
  first.put(sampleRecord());
  first.close();
  const setVersion = (version: number) => {
    const database = new DatabaseSync(storeLayout(directory).index);
    database.exec(`PRAGMA user_version = ${version}`);
    database.close();
  };
  setVersion(999);
  expect(() => openStore(directory)).toThrow(
    expect.objectContaining({ code: "environment", hint: expect.stringContaining("version") }),
  );
  setVersion(-1);
  expect(open(directory).totals().records).toBe(1);
});

test("opening marks the directory as a cache and sweeps temporary files older than a day", async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "tmp"), { recursive: true });
  const first = openStore(directory);
  const staged = await first.stageBytes(Buffer.from("x"), false);
  first.close();
  openStore(directory).close();
  expect(statSync(staged.path).size).toBe(1);
  openStore(directory, { now: () => Date.now() + 25 * 3_600_000 }).close();
  expect(readdirSync(join(directory, "tmp"))).toEqual([]);
  expect(readdirSync(directory)).toContain("CACHEDIR.TAG");
});
