// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { digestOf, type InstanceId, type PlanKey } from "../../src/unit/digest.ts";
import { sampleRecord } from "./fixtures/sample-record.ts";
import { temporaryDirectory } from "./fixtures/temporary-directory.ts";

const plan = (name: string) => digestOf(`plan ${name}`) as string as PlanKey;
const instance = (name: string) => digestOf(`instance ${name}`) as string as InstanceId;

function setting() {
  const directory = join(temporaryDirectory(), "store");
  let now = 1_000;
  const open = () => {
    const store = openStore(directory, { now: () => now });
    onTestFinished(() => {
      try {
        store.close();
      } catch {
        // the test closed it
      }
    });
    return store;
  };
  const store = open();
  return { store, open, tick: (ms = 1) => (now += ms) };
}

test("what was put under plan keys is found with one question, in any process, as it was", () => {
  const { store, open } = setting();
  const entries = [
    "",
    "{}",
    '{"text":"ü\\u0000 \\ud83d\\ude00"}',
    "x".repeat(1_000_000),
    "ü".repeat(2_000_000),
  ];
  for (const [at, entry] of entries.entries())
    store.putReplay(plan(`${at}`), { instance: instance("i"), entry });
  store.flush();
  const found = open().replays([...entries.keys()].map((at) => plan(`${at}`)).concat(plan("unknown")));
  expect([...found.keys()].sort()).toEqual([...entries.keys()].map((at) => plan(`${at}`)).sort());
  for (const [at, entry] of entries.entries()) {
    expect(found.get(plan(`${at}`))).toEqual([{ instance: instance("i"), entry }]);
  }
  expect(store.replays([])).toEqual(new Map());
});

test("several results of one plan come the last used first; one of the same instance replaces the other", () => {
  const { store, tick } = setting();
  const names = () => (store.replays([plan("p")]).get(plan("p")) ?? []).map(({ entry }) => entry);
  for (const name of ["a", "b", "c"]) {
    store.putReplay(plan("p"), { instance: instance(name), entry: name });
    tick();
  }
  store.flush();
  expect(names()).toEqual(["c", "b", "a"]);
  store.touchReplay(plan("p"), instance("a"));
  store.touchReplay(plan("p"), instance("nobody"));
  tick();
  store.putReplay(plan("p"), { instance: instance("b"), entry: "b again" });
  store.flush();
  expect(names()).toEqual(["b again", "a", "c"]);
  expect(store.replays([plan("q")])).toEqual(new Map());
});

test("what was used last is noted again after an hour: until then the order is the same without", () => {
  const { store, open, tick } = setting();
  const names = () =>
    (
      open()
        .replays([plan("p")])
        .get(plan("p")) ?? []
    ).map(({ entry }) => entry);
  const use = (name: string) => {
    store.replays([plan("p")]);
    store.touchReplay(plan("p"), instance(name));
    store.flush();
    tick();
  };
  const noted = () => {
    using index = new DatabaseSync(join(store.directory, "index.sqlite"), { readOnly: true });
    return index.prepare("SELECT max(used) AS used FROM replays").get()?.["used"];
  };
  for (const name of ["a", "b"]) {
    store.putReplay(plan("p"), { instance: instance(name), entry: name });
    store.flush();
    tick();
  }
  const first = noted();
  use("b");
  expect([names(), noted()]).toEqual([["b", "a"], first]);
  use("a");
  use("b");
  expect(names()).toEqual(["b", "a"]);
  const again = noted();
  tick(3_600_000);
  use("b");
  expect(noted()).toBe(Number(again) + 3_600_001);
});

test("of one plan the 16 last used are kept", () => {
  const { store, tick } = setting();
  for (let at = 0; at < 40; at++) {
    store.putReplay(plan("p"), { instance: instance(`${at}`), entry: `${at}` });
    store.putReplay(plan("q"), { instance: instance(`${at % 3}`), entry: `${at}` });
    store.flush(); // as a build does at its end
    tick();
    store.touchReplay(plan("p"), instance("0"));
    store.flush();
  }
  const found = (name: string) =>
    (store.replays([plan(name)]).get(plan(name)) ?? []).map(({ entry }) => entry);
  expect(found("p")).toHaveLength(16);
  expect(found("p")).toEqual(expect.arrayContaining(["0", "39", "30"]));
  expect(found("p")).not.toContain("10");
  expect(found("q")).toEqual(["39", "38", "37"]);
});

test("what leads to a record goes with it, and what nobody used for long goes with gc", async () => {
  const { store, tick } = setting();
  for (const name of ["a", "b"]) {
    store.put(sampleRecord({ name }));
    store.putReplay(plan(name), { instance: instance(name), entry: name });
  }
  store.flush();
  const left = () => [...store.replays([plan("a"), plan("b")]).values()].flat().map(({ entry }) => entry);
  const id = store.list({ selectors: [] }).rows.find(({ instance: its }) => its === instance("a"))?.id ?? -1;
  await store.remove([id]);
  expect(left()).toEqual(["b"]);
  tick(400 * 24 * 3_600_000);
  await store.gc();
  expect(left()).toEqual([]);
});
