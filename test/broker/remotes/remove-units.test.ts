// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import { listUnits } from "../../../src/broker/remotes/list-units.ts";
import { removeUnits } from "../../../src/broker/remotes/remove-units.ts";
import { verifyRemote } from "../../../src/broker/remotes/verify-remote.ts";
import { pullUnits } from "../../../src/broker/share/pull-units.ts";
import { pushUnits } from "../../../src/broker/share/push-units.ts";
import { unitTag } from "../../../src/remote/format/tag.ts";
import { parseSelector } from "../../../src/store/selector.ts";
import { pushPackOf, temporaryStore } from "../../support/filled-remote.ts";
import { type MemoryRemote, memoryRemote } from "../../support/memory-remote.ts";
import { indexOf, listed, pushImage } from "../../support/remote-content.ts";
import { packed, storeUnit } from "../../support/shared-units.ts";

const all = { selectors: [] };
const names = async (remote: MemoryRemote) =>
  (await listed(listUnits(remote, all)))
    .map(({ identity, place }) => `${identity.package} ${place.kind}`)
    .sort();

async function setting(remote = memoryRemote()) {
  const store = temporaryStore();
  const unit = (name: string, content = name) => storeUnit(store, { identity: { package: name }, content });
  const [serde, regex, libc] = [await unit("serde"), await unit("regex"), await unit("libc", "")];
  await pushUnits(packed([serde, regex]), remote, store);
  const pack = await pushPackOf([serde, regex, libc], remote, store);
  const rows = (...selectors: readonly string[]) =>
    listed(listUnits(remote, { selectors: selectors.map(parseSelector) }));
  const remove = async (...selectors: readonly string[]) =>
    removeUnits(remote, await rows(...selectors), store);
  return { store, remote, serde, regex, pack, remove };
}

test("units go from images and from packs, with their bytes, and what is left is whole", async () => {
  const { remote, remove, serde, store } = await setting();
  expect(await remove("serde")).toEqual({
    ...{ removed: 1, rewritten: 1, left: 0, refusal: undefined, keptFor: [] },
  });
  expect(await names(remote)).toEqual(["libc pack", "regex image", "regex pack"]);
  expect((await verifyRemote(remote, { deep: true })).problems).toEqual([]);
  const there = temporaryStore();
  const pulled = await pullUnits(remote, false, all, there);
  expect(pulled.map(({ identity, fate }) => `${identity.package} ${fate.kind}`).sort()).toEqual([
    "libc push",
    "regex push",
  ]);
  expect(there.byInstance(serde.instance)).toBeUndefined();
  expect(await removeUnits(remote, [], store)).toMatchObject({ removed: 0 });
});

test("a pack of which nothing is left is removed", async () => {
  const { remote, remove, pack } = await setting();
  expect(await remove()).toMatchObject({ removed: 3, rewritten: 0, left: 0 });
  expect(await listed(remote.tags())).toEqual([]);
  expect(remote.manifests.has(pack)).toBe(false);
});

test("a remote that does not delete is asked once, and what is left is counted; packs are written anew all the same", async () => {
  const { remote, remove } = await setting(memoryRemote("team", { keeps: true }));
  const result = await remove("serde", "regex");
  expect(result).toMatchObject({ removed: 0, rewritten: 1, left: 2, keptFor: [] });
  expect(result.refusal).toMatchObject({ code: "refused", hint: "delete it on the provider's pages" });
  expect(remote.asked.filter((what) => what.startsWith("remove ")).length).toBeLessThanOrEqual(4);
  expect(await names(remote)).toEqual(["libc pack", "regex image", "serde image"]);
});

test("what a tag of somebody else's leads to stays, also through an index", async () => {
  const { remote, remove, serde, regex } = await setting();
  const manifestOf = ({ identity, key }: typeof serde) => remote.manifests.get(unitTag(identity, key));
  const [one, two] = [manifestOf(serde), manifestOf(regex)];
  if (one === undefined || two === undefined) throw new Error("not pushed");
  await remote.pushManifest({ mediaType: one.descriptor.mediaType, bytes: one.bytes, tag: "stable" });
  await remote.pushManifest({ ...indexOf([two.descriptor]), tag: "multi" });
  await pushImage(remote, "theirs", "latest");
  expect(await remove("serde", "regex")).toMatchObject({
    ...{ removed: 0, rewritten: 1, left: 0 },
    keptFor: expect.arrayContaining(["stable", "multi"]),
  });
  expect(await names(remote)).toEqual(["libc pack", "regex image", "serde image"]);
  expect(await listed(remote.tags())).toEqual(expect.arrayContaining(["latest", "multi", "stable"]));
});

test("what is pushed to a pack while a unit is removed from it is not lost", async () => {
  const { remote, store, serde, regex, pack } = await setting();
  const late = await storeUnit(store, { identity: { package: "late" } });
  const rows = (await listed(listUnits(remote, { selectors: [parseSelector("serde")] }))).filter(
    ({ place }) => place.kind === "pack",
  );
  let asked = 0;
  const { manifest } = remote;
  remote.manifest = async (reference, options) => {
    // Just before it is looked whether the pack is still the same.
    if (reference === pack && ++asked === 2) {
      const other = memoryRemote();
      const tag = await pushPackOf([serde, regex, late], other, store);
      for (const [digest, bytes] of other.blobs) remote.blobs.set(digest, bytes);
      const stored = other.manifests.get(tag);
      if (stored !== undefined) {
        await remote.pushManifest({ mediaType: stored.descriptor.mediaType, bytes: stored.bytes, tag: pack });
      }
    }
    return manifest(reference, options);
  };
  await removeUnits(remote, rows, store);
  expect(await names(remote)).toEqual(["late pack", "regex image", "regex pack", "serde image"]);
  expect(
    (await verifyRemote(remote, { deep: true })).problems.filter(({ kind }) => kind !== "untrue"),
  ).toEqual([]);
});
