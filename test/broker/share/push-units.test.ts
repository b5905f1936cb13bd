// SPDX-License-Identifier: MIT OR Apache-2.0
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pushSelection, unitsWithClosure } from "../../../src/broker/share/push-selection.ts";
import { pushUnits } from "../../../src/broker/share/push-units.ts";
import { readUnitImage } from "../../../src/broker/share/unit-images.ts";
import { unitImagesThere } from "../../../src/broker/share/units-there.ts";
import { unitTag } from "../../../src/remote/format/tag.ts";
import { openStore } from "../../../src/store/open-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { type MemoryRemote, memoryRemote } from "../../support/memory-remote.ts";
import { listed } from "../../support/remote-content.ts";
import { packed, storeUnit } from "../../support/shared-units.ts";

function setting(): { readonly store: Store; readonly remote: MemoryRemote } {
  const store = openStore(join(temporaryDirectory(), "store"));
  onTestFinished(() => store.close());
  return { store, remote: memoryRemote() };
}

test("units go one by one, each to a tag that leads to all of it", async () => {
  const { store, remote } = setting();
  const withFiles = await storeUnit(store);
  const without = await storeUnit(store, { identity: { package: "cfg-if" }, content: "" });
  const sent: string[] = [];
  const { layers } = await pushUnits(packed([withFiles, without]), remote, store, {
    onUnit: ({ identity }) => sent.push(identity.package),
  });
  expect(layers).toBe(3);
  expect(sent.sort()).toEqual(["cfg-if", "serde"]);
  for (const record of [withFiles, without]) {
    const found = await readUnitImage(remote, unitTag(record.identity, record.key), {});
    expect(found?.units.map((unit) => unit.record)).toEqual([record]);
    expect(found?.layers).toHaveLength(record.outputs.length);
  }
});

test("what a remote has is known by its tags, and asked for again only where that was not seen", async () => {
  const { store, remote } = setting();
  const records = await Promise.all(
    Array.from({ length: 20 }, (_, at) => storeUnit(store, { identity: { package: `crate-${at}` } })),
  );
  const some = records.slice(0, 15);
  await pushUnits(packed(some), remote, store);
  const instances = new Set(some.map(({ instance }) => instance));
  remote.asked.length = 0;
  expect(await unitImagesThere(records, remote, store)).toEqual(instances);
  expect(remote.asked).toEqual(["tags "]);
  // Another machine has not seen them.
  const other = setting();
  remote.asked.length = 0;
  expect(await unitImagesThere(records, remote, other.store)).toEqual(instances);
  expect(remote.asked.filter((what) => what.startsWith("manifest "))).toHaveLength(15);
});

test("another result of the same key is not there", async () => {
  const { store, remote } = setting();
  const one = await storeUnit(store, { content: "one" });
  const two = await storeUnit(store, { content: "two" });
  expect(two.key).toBe(one.key);
  await pushUnits(packed([one]), remote, store);
  expect(await unitImagesThere([one, two], remote, store)).toEqual(new Set([one.instance]));
});

test("a selection is pushed once, without what must stay here and what stands on it", async () => {
  const { store, remote } = setting();
  const secret = await storeUnit(store, { identity: { package: "secret" }, privacy: "private" });
  const open = await storeUnit(store, { identity: { package: "open" } });
  const onSecret = await storeUnit(store, {
    identity: { package: "on-secret" },
    dependencies: [secret.instance],
  });
  const all = [secret, open, onSecret].map(({ instance }) => instance);
  const objection = async ({ record }: { readonly record: typeof secret }) =>
    record.privacy.class === "private" ? record.privacy : undefined;
  const fates = async (options = {}) => {
    const { units } = await pushSelection(all, store, remote, { objection }, options);
    return Object.fromEntries(units.map(({ unit, fate }) => [unit.record.identity.package, fate]));
  };
  const stay = {
    secret: { kind: "private", reason: "crates.io" },
    "on-secret": { kind: "private", reason: "depends on secret (crates.io)" },
  };
  expect(await fates({ dryRun: true })).toEqual({ ...stay, open: { kind: "push" } });
  expect(await listed(remote.tags())).toEqual([]);
  expect(await fates()).toEqual({ ...stay, open: { kind: "push" } });
  expect(await listed(remote.tags())).toEqual([unitTag(open.identity, open.key)]);
  expect(await fates()).toEqual({ ...stay, open: { kind: "there" } });
  expect(await fates({ force: true, dryRun: true })).toEqual({ ...stay, open: { kind: "push" } });
});

test("what selected units stand on comes before them, though only they are sent", async () => {
  const { store, remote } = setting();
  const below = await storeUnit(store, { identity: { package: "below" } });
  const above = await storeUnit(store, { identity: { package: "above" }, dependencies: [below.instance] });
  expect(unitsWithClosure([above.instance], store).map(({ record }) => record.identity.package)).toEqual([
    "below",
    "above",
  ]);
  const { units } = await pushSelection([above.instance], store, remote, { objection: undefined });
  expect(units.map(({ unit }) => unit.record.identity.package)).toEqual(["above"]);
  expect(await listed(remote.tags())).toEqual([unitTag(above.identity, above.key)]);
});
