// SPDX-License-Identifier: MIT OR Apache-2.0
import { expect, test } from "vitest";
import type { PruneLimits } from "../../../src/broker/remotes/prune-plan.ts";
import { findPrunable, prune } from "../../../src/broker/remotes/prune-remote.ts";
import { pushUnits } from "../../../src/broker/share/push-units.ts";
import { parseUnitTag } from "../../../src/remote/format/tag.ts";
import { pushPackOf, SCOPE, temporaryStore } from "../../support/filled-remote.ts";
import { type MemoryRemote, memoryRemote } from "../../support/memory-remote.ts";
import { listed, pushImage } from "../../support/remote-content.ts";
import { packed, storeUnit } from "../../support/shared-units.ts";

const DAY = 86_400_000;

async function setting(remote: MemoryRemote = memoryRemote()) {
  const store = temporaryStore();
  const unit = (version: string, day: number, changes = {}) =>
    storeUnit(store, { identity: { version, ...changes }, created: day * DAY, content: `${version} ${day}` });
  const images = [
    await unit("1.0.1", 1),
    await unit("1.0.2", 2),
    await unit("1.0.3", 3),
    await unit("0.9.9", 4, { kind: "proc-macro" }),
    await unit("1.0.1", 5, { rustc: "1.89.0" }),
  ];
  await pushUnits(packed(images), remote, store);
  const packs = {
    old: await pushPackOf(images.slice(0, 1), remote, store),
    newer: await pushPackOf(images.slice(1, 2), remote, store),
    newest: await pushPackOf(images.slice(2, 3), remote, store),
    other: await pushPackOf(images.slice(0, 1), remote, store, "other-project"),
    nightly: await pushPackOf(images.slice(4), remote, store, "app", { ...SCOPE, rustc: "1.89.0" }),
  };
  await pushImage(remote, "theirs", "latest");
  const excluded = async (limits: PruneLimits) =>
    (await findPrunable(remote, limits)).excluded.map(({ name }) => {
      const unitOf = parseUnitTag(name);
      const pack = Object.entries(packs).find(([, tag]) => tag === name)?.[0];
      return pack ?? `${unitOf?.version} by ${unitOf?.rustc}`;
    });
  return { remote, excluded };
}

test("by age goes what was made before, the oldest first", async () => {
  const { excluded } = await setting();
  const old = await excluded({ madeBefore: 3 * DAY });
  expect(old.slice(0, 3).sort()).toEqual(["1.0.1 by 1.95.0", "old", "other"]);
  expect(old.slice(3).sort()).toEqual(["1.0.2 by 1.95.0", "newer"]);
});

test("by compiler goes what those releases made", async () => {
  const { excluded } = await setting();
  expect((await excluded({ rustc: "<1.90" })).sort()).toEqual(["1.0.1 by 1.89.0", "nightly"]);
});

test("of what differs in version only, and of each project's packs, the newest stay", async () => {
  const { excluded } = await setting();
  expect((await excluded({ keepLast: 2 })).sort()).toEqual(["1.0.1 by 1.95.0", "old"]);
  expect((await excluded({ keepLast: 1 })).sort()).toEqual([
    "1.0.1 by 1.95.0",
    "1.0.2 by 1.95.0",
    "newer",
    "old",
  ]);
});

test("limits add up, and no limit excludes nothing", async () => {
  const { excluded } = await setting();
  expect(await excluded({})).toEqual([]);
  expect(await excluded({ staleSchema: true })).toEqual([]);
  expect((await excluded({ rustc: "<1.90", keepLast: 2 })).sort()).toEqual([
    "1.0.1 by 1.89.0",
    "1.0.1 by 1.95.0",
    "nightly",
    "old",
  ]);
});

test("what is excluded is removed, and tags of others stay", async () => {
  const { remote } = await setting();
  const found = await findPrunable(remote, { madeBefore: 100 * DAY });
  const before = [...remote.manifests.keys()].length;
  const planned = await prune(remote, found, { dryRun: true });
  expect(planned).toMatchObject({ images: 5, packs: 5, left: 0 });
  expect([...remote.manifests.keys()].length).toBe(before);
  expect(await prune(remote, found)).toEqual(planned);
  expect(await listed(remote.tags())).toEqual(["latest"]);
  expect(planned.bytes).toBeGreaterThan(0);
});

test("bytes are those that nothing else refers to", async () => {
  const { remote } = await setting();
  // The file's layer of "1.0.3 by 1.95.0" is that of a pack, too, which stays.
  const found = await findPrunable(remote, { madeBefore: 100 * DAY });
  const image = found.all.find(({ name }) => parseUnitTag(name)?.version === "1.0.3");
  const pack = found.all.find(({ kind, created }) => kind === "pack" && created === 3 * DAY);
  if (image === undefined || pack === undefined) throw new Error("not there");
  const bytes = async (excluded: typeof found.all) =>
    (await prune(remote, { all: found.all, excluded }, { dryRun: true })).bytes;
  expect(await bytes([image, pack])).toBeGreaterThan((await bytes([image])) + (await bytes([pack])));
});

test("a remote that does not delete says so once, and what is left is counted", async () => {
  const { remote } = await setting(memoryRemote("team", { keeps: true }));
  const result = await prune(remote, await findPrunable(remote, { rustc: "<1.90" }));
  expect(result).toMatchObject({ images: 0, packs: 0, left: 2, refusal: { code: "refused" } });
});
