// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type RemoteProblem, verifyRemote } from "../../../src/broker/remotes/verify-remote.ts";
import { pushUnits } from "../../../src/broker/share/push-units.ts";
import { decodeManifest } from "../../../src/remote/format/manifest.ts";
import { unitTag } from "../../../src/remote/format/tag.ts";
import { pushPackOf, temporaryStore } from "../../support/filled-remote.ts";
import { memoryRemote } from "../../support/memory-remote.ts";
import { pushImage } from "../../support/remote-content.ts";
import { packed, storeUnit } from "../../support/shared-units.ts";

async function setting() {
  const [store, remote] = [temporaryStore(), memoryRemote()];
  const record = await storeUnit(store);
  const other = await storeUnit(store, { identity: { package: "regex" } });
  await pushUnits(packed([record]), remote, store);
  const pack = await pushPackOf([record, other], remote, store);
  await pushImage(remote, "theirs", "latest");
  const tag = unitTag(record.identity, record.key);
  const partsOf = (reference: string) => {
    const stored = remote.manifests.get(reference);
    if (stored === undefined) throw new Error("not there");
    return decodeManifest(stored.bytes, reference);
  };
  const kinds = async (deep = false) => {
    const told: RemoteProblem[] = [];
    const { problems } = await verifyRemote(remote, { deep, onProblem: (each) => void told.push(each) });
    expect(told).toEqual(problems);
    return problems.map(({ tag: at, kind }) => `${at === pack ? "pack" : at === tag ? "image" : at} ${kind}`);
  };
  return { store, remote, record, other, tag, pack, partsOf, kinds };
}

test("a sound remote is sound, and what others keep in it is left alone", async () => {
  const { remote } = await setting();
  expect(await verifyRemote(remote, { deep: true })).toMatchObject({
    ...{ images: 1, packs: 1, units: 2, foreign: 1, problems: [] },
  });
});

test("a missing blob is found without its bytes, wrong bytes by reading them", async () => {
  const { remote, partsOf, tag, pack, kinds } = await setting();
  const [layer] = partsOf(pack).layers;
  const bytes = remote.blobs.get(layer?.digest ?? "");
  if (layer === undefined || bytes === undefined) throw new Error("not there");
  remote.blobs.set(layer.digest, randomBytes(bytes.length));
  expect(await kinds()).toEqual([]);
  expect(await kinds(true)).toEqual(["pack corrupt"]);
  remote.blobs.set(layer.digest, bytes.subarray(1));
  expect(await kinds()).toEqual(["pack missing"]);
  remote.blobs.delete(layer.digest);
  remote.blobs.delete(partsOf(tag).layers[1]?.digest ?? "");
  expect((await kinds()).sort()).toEqual(["image missing", "pack missing"]);
});

test("a damaged record is found, wherever it is", async () => {
  const { remote, partsOf, tag, pack, kinds } = await setting();
  for (const digest of [partsOf(tag).layers[1]?.digest, partsOf(pack).config.digest]) {
    const bytes = remote.blobs.get(digest ?? "");
    if (digest !== undefined && bytes !== undefined) remote.blobs.set(digest, randomBytes(bytes.length));
  }
  expect((await kinds()).sort()).toEqual(["image corrupt", "pack corrupt"]);
});

test("a record that claims what its inputs are not is untrue, as is a tag of another unit", async () => {
  const { remote, store, record, other, tag, kinds } = await setting();
  const forged = { ...other, inputs: { ...other.inputs, RUSTFLAGS: "-C evil" } };
  await pushUnits(packed([forged]), remote, store);
  const wrong = unitTag({ ...record.identity, version: "6.6.6" }, record.key);
  const stored = remote.manifests.get(tag);
  if (stored === undefined) throw new Error("not there");
  await remote.pushManifest({ mediaType: stored.descriptor.mediaType, bytes: stored.bytes, tag: wrong });
  expect((await kinds()).sort()).toEqual([`${unitTag(other.identity, other.key)} untrue`, `${wrong} untrue`]);
});
