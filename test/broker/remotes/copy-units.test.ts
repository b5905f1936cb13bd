// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { copyUnits } from "../../../src/broker/remotes/copy-units.ts";
import { listUnits } from "../../../src/broker/remotes/list-units.ts";
import { verifyRemote } from "../../../src/broker/remotes/verify-remote.ts";
import { pullUnits } from "../../../src/broker/share/pull-units.ts";
import { pushUnits } from "../../../src/broker/share/push-units.ts";
import { parseSelector } from "../../../src/store/selector.ts";
import { pushPackOf, temporaryStore } from "../../support/filled-remote.ts";
import { type MemoryRemote, memoryRemote } from "../../support/memory-remote.ts";
import { listed } from "../../support/remote-content.ts";
import { packed, storeUnit } from "../../support/shared-units.ts";

const all = { selectors: [] };
const names = async (remote: MemoryRemote) =>
  (await listed(listUnits(remote, all)))
    .map(({ identity, place }) => `${identity.package} ${place.kind}`)
    .sort();
const fates = (units: Awaited<ReturnType<typeof copyUnits>>) =>
  Object.fromEntries(units.map(({ identity, fate }) => [identity.package, fate.kind]));

async function setting(privacy: "public" | "private" = "public") {
  const store = temporaryStore();
  const [from, to] = [memoryRemote("from"), memoryRemote("to")];
  const unit = (name: string, changes = {}) =>
    storeUnit(store, { identity: { package: name }, content: name, ...changes });
  const [serde, regex, own] = [await unit("serde"), await unit("regex"), await unit("own", { privacy })];
  await pushUnits(packed([serde]), from, store);
  const pack = await pushPackOf([regex, serde, own], from, store);
  const ends = (isPublic: boolean) =>
    [
      { remote: from, isPublic },
      { remote: to, isPublic: false },
    ] as const;
  return { store, from, to, serde, regex, own, pack, ends };
}

test("everything is copied as it is, and once", async () => {
  const { store, to, ends, from, pack } = await setting();
  const [one, other] = ends(false);
  expect(fates(await copyUnits(one, other, all, store, { dryRun: true }))).toEqual({
    ...{ own: "push", regex: "push", serde: "push" },
  });
  expect(await names(to)).toEqual([]);
  await copyUnits(one, other, all, store);
  expect(await names(to)).toEqual(await names(from));
  expect(to.manifests.get(pack)?.descriptor.digest).toBe(from.manifests.get(pack)?.descriptor.digest);
  expect((await verifyRemote(to, { deep: true })).problems).toEqual([]);
  to.asked.length = 0;
  expect(fates(await copyUnits(one, other, all, store))).toEqual({
    own: "there",
    regex: "there",
    serde: "there",
  });
  expect(to.asked.filter((what) => what.startsWith("push "))).toEqual([]);
});

test("selected units are copied as images, out of packs too", async () => {
  const { store, to, ends } = await setting();
  const selection = { selectors: [parseSelector("regex")] };
  expect(fates(await copyUnits(...ends(false), selection, store))).toEqual({ regex: "push" });
  expect(await names(to)).toEqual(["regex image"]);
  expect((await verifyRemote(to, { deep: true })).problems).toEqual([]);
  expect(fates(await copyUnits(...ends(false), selection, store))).toEqual({ regex: "there" });
  const there = temporaryStore();
  await pullUnits(to, false, all, there);
  expect(there.list(all).rows.map(({ identity }) => identity.package)).toEqual(["regex"]);
});

test("a pack that both have is joined", async () => {
  const { store, from, to, ends, serde, pack } = await setting();
  const mine = await storeUnit(store, { identity: { package: "mine" }, content: "mine" });
  const other = memoryRemote();
  const tag = await pushPackOf([serde, mine], other, store);
  for (const [digest, bytes] of other.blobs) to.blobs.set(digest, bytes);
  const stored = other.manifests.get(tag);
  if (stored === undefined) throw new Error("not pushed");
  await to.pushManifest({ mediaType: stored.descriptor.mediaType, bytes: stored.bytes, tag: pack });
  await copyUnits(...ends(false), all, store);
  expect(await names(to)).toEqual(["mine pack", "own pack", "regex pack", "serde image", "serde pack"]);
  expect(await names(from)).toEqual(["own pack", "regex pack", "serde image", "serde pack"]);
  expect((await verifyRemote(to, { deep: true })).problems.filter(({ kind }) => kind !== "untrue")).toEqual(
    [],
  );
});

test("from where everybody can put things nothing comes that claims to be private, and its bytes do not either", async () => {
  const { store, to, ends, own } = await setting("private");
  expect(fates(await copyUnits(...ends(true), all, store))).toEqual({
    ...{ own: "private", regex: "push", serde: "push" },
  });
  expect(await names(to)).toEqual(["regex pack", "serde image", "serde pack"]);
  expect((await verifyRemote(to, { deep: true })).problems).toEqual([]);
  const there = temporaryStore();
  await pullUnits(to, false, all, there);
  expect(there.present(own.outputs.map(({ digest }) => digest)).size).toBe(0);
});

test("nothing is copied out of a private remote to where everybody reads", async () => {
  const { store, from, to } = await setting();
  const copied = copyUnits({ remote: from, isPublic: false }, { remote: to, isPublic: true }, all, store);
  await expect(copied).rejects.toMatchObject({
    code: "usage",
    hint: expect.stringContaining("pull, then push"),
  });
  expect(to.asked).toEqual([]);
});

test("blobs are mounted within one registry, and only there", async () => {
  const { store, from } = await setting();
  const mounts = async (one: string, other: string) => {
    const a = { ...from, url: one, repository: "a/cache" };
    const b = memoryRemote("to", { url: other, repository: "b/cache" });
    await copyUnits({ remote: a, isPublic: false }, { remote: b, isPublic: false }, all, store);
    return new Set(b.mounts);
  };
  expect(await mounts("oci://r.example:5000/a/cache", "oci://r.example:5000/b/cache")).toContain("a/cache");
  expect(await mounts("oci://r.example/a/cache", "oci://other.example/b/cache")).toEqual(
    new Set([undefined]),
  );
});

test("of a public remote only what is everybody's is pulled", async () => {
  const { from } = await setting("private");
  const there = temporaryStore();
  const pulled = await pullUnits(from, true, all, there);
  expect(fates(pulled)).toEqual({ own: "private", regex: "push", serde: "push" });
  expect(there.list(all).rows.map(({ identity }) => identity.package)).toEqual(["regex", "serde"]);
  expect(fates(await pullUnits(from, true, all, there))).toEqual({
    own: "private",
    regex: "there",
    serde: "there",
  });
});
