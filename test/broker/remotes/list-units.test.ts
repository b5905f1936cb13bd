// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { listUnits } from "../../../src/broker/remotes/list-units.ts";
import { remoteStats } from "../../../src/broker/remotes/remote-stats.ts";
import { pushUnits } from "../../../src/broker/share/push-units.ts";
import { unitTag } from "../../../src/remote/format/tag.ts";
import type { Selection } from "../../../src/store/selection.ts";
import { parseSelector } from "../../../src/store/selector.ts";
import { pushPackOf, temporaryStore } from "../../support/filled-remote.ts";
import { memoryRemote } from "../../support/memory-remote.ts";
import { listed, pushImage } from "../../support/remote-content.ts";
import { packed, storeUnit } from "../../support/shared-units.ts";

async function setting() {
  const [store, remote] = [temporaryStore(), memoryRemote()];
  const unit = (name: string, changes = {}) => storeUnit(store, { identity: { package: name, ...changes } });
  const images = [
    await unit("serde"),
    await unit("serde", { version: "1.0.100" }),
    await unit("serde_json"),
    await unit("serde", { rustc: "1.89.0", profile: "debug" }),
    await unit("a-crate-whose-name-and-version-are-too-long", { version: "10.20.30" }),
  ];
  const inPack = [await unit("regex"), await unit("serde", { version: "1.0.50", kind: "proc-macro" })];
  await pushUnits(packed(images), remote, store);
  const pack = await pushPackOf([...inPack, ...images.slice(0, 1)], remote, store);
  await pushImage(remote, "latest", "latest");
  // A name like ours is not enough.
  await pushImage(
    remote,
    "imitation",
    unitTag({ ...images[0]?.identity, version: "9.9.9" } as never, "f".repeat(64) as never),
  );
  remote.asked.length = 0;
  const names = async (selection: Partial<Selection>) =>
    (await listed(listUnits(remote, { selectors: [], ...selection }))).map(
      ({ identity, place }) => `${identity.package} ${identity.version} ${place.kind}`,
    );
  return { store, remote, images, pack, names };
}

test("all units of a remote are listed, wherever they are, and nothing else", async () => {
  const { names } = await setting();
  expect((await names({})).sort()).toEqual([
    "a-crate-whose-name-and-version-are-too-long 10.20.30 image",
    "regex 1.0.228 pack",
    "serde 1.0.100 image",
    "serde 1.0.228 image",
    "serde 1.0.228 image",
    "serde 1.0.228 pack",
    "serde 1.0.50 pack",
    "serde_json 1.0.228 image",
  ]);
});

test("what cannot be meant is not looked at", async () => {
  const { remote, names, images, pack } = await setting();
  const looked = () => remote.asked.flatMap((what) => (what.startsWith("manifest ") ? [what.slice(9)] : []));
  const tagOf = (at: number) => {
    const record = images[at];
    return record === undefined ? "" : unitTag(record.identity, record.key);
  };
  expect(await names({ selectors: [parseSelector("serde@<1.0.200")] })).toEqual([
    "serde 1.0.50 pack",
    "serde 1.0.100 image",
  ]);
  expect(looked().sort()).toEqual([tagOf(1), tagOf(4), pack].sort());
  expect(remote.asked.filter((what) => what.startsWith("tags "))).toEqual([
    "tags h",
    "tags pack.",
    "tags serde-",
  ]);
  remote.asked.length = 0;
  expect(await names({ rustc: "<1.90" })).toEqual(["serde 1.0.228 image"]);
  expect(looked()).toEqual([tagOf(3)]);
  remote.asked.length = 0;
  expect(await names({ profile: "debug" })).toEqual(["serde 1.0.228 image"]);
  expect(looked()).toEqual([tagOf(3)]);
  remote.asked.length = 0;
  const key = images[2]?.key ?? "";
  expect(await names({ selectors: [parseSelector(key.slice(0, 8))] })).toEqual(["serde_json 1.0.228 image"]);
  expect(looked().sort()).toEqual([tagOf(2), pack].sort());
});

test("a crate whose name is a hash in tags is found by its name", async () => {
  const { names } = await setting();
  expect(await names({ selectors: [parseSelector("a-crate-whose-name-and-version-are-too-long")] })).toEqual([
    "a-crate-whose-name-and-version-are-too-long 10.20.30 image",
  ]);
});

test("who takes a few rows asks for a few manifests", async () => {
  const [store, remote] = [temporaryStore(), memoryRemote()];
  const record = await storeUnit(store);
  await pushUnits(packed([record]), remote, store);
  const stored = remote.manifests.get(unitTag(record.identity, record.key));
  if (stored === undefined) throw new Error("not pushed");
  for (let at = 0; at < 5000; at++) {
    const key = at.toString(16).padStart(16, "0").padEnd(64, "0") as typeof record.key;
    remote.manifests.set(unitTag(record.identity, key), stored);
  }
  remote.asked.length = 0;
  let taken = 0;
  for await (const _ of listUnits(remote, { selectors: [] })) if (++taken === 10) break;
  expect(remote.asked.filter((what) => what.startsWith("manifest ")).length).toBeLessThan(20);
});

test("filters that names do not tell are applied to what is there", async () => {
  const { names } = await setting();
  expect(await names({ kind: "proc-macro" })).toEqual(["serde 1.0.50 pack"]);
  expect(await names({ privacy: "private" })).toEqual([]);
  expect(await names({ largerThan: 100 })).toEqual([]);
});

test("sums count each unit and each blob once, and tags of others", async () => {
  const { remote } = await setting();
  const stats = await remoteStats(remote);
  expect(stats).toMatchObject({ total: { units: 7, size: 35 }, images: 5, packs: 1, foreign: 2 });
  expect(stats.kinds).toEqual([
    { kind: "lib", units: 6, size: 30 },
    { kind: "proc-macro", units: 1, size: 5 },
  ]);
  expect(stats.rustc).toEqual([
    { rustc: "1.95.0", units: 6, size: 30 },
    { rustc: "1.89.0", units: 1, size: 5 },
  ]);
  expect(stats.public).toEqual({ units: 7, size: 35 });
  const manifests = new Set([...remote.manifests.values()].map(({ descriptor }) => descriptor.digest));
  // Of others are two manifests and layers, and a config for both.
  expect(stats.blobs).toBe(remote.blobs.size - 3 + manifests.size - 2);
});
