// SPDX-License-Identifier: MIT OR Apache-2.0
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { decodeEntry, resultOf } from "../../../src/broker/replay/entry.ts";
import { BuildFetch } from "../../../src/broker/share/fetch-build.ts";
import { packNameOf } from "../../../src/broker/share/pack-scope.ts";
import { pullBuild } from "../../../src/broker/share/pull-build.ts";
import { pushBuild } from "../../../src/broker/share/push-build.ts";
import { GreenError } from "../../../src/error.ts";
import { openUnitStore } from "../../../src/store/open-unit-store.ts";
import type { UnitStore } from "../../../src/store/store.ts";
import { digestOf, type PlanKey } from "../../../src/unit/digest.ts";
import type { Privacy, UnitRecord } from "../../../src/unit/record.ts";
import { temporaryDirectory } from "../../store/fixtures/temporary-directory.ts";
import { openPack, pushForgery } from "../../support/hostile-pack.ts";
import { type MemoryRemote, memoryRemote } from "../../support/memory-remote.ts";
import { addUnit, fingerprintIn, LISTS, locked, noteOf, planOf, SCOPE } from "../../support/sample-build.ts";

function openStore(): UnitStore {
  const store = openUnitStore(join(temporaryDirectory(), "store"), { umask: 0o022 });
  onTestFinished(() => store.close());
  return store;
}

const openly = async ({ record }: { readonly record: UnitRecord }) =>
  record.privacy.class === "private" ? record.privacy : undefined;

function push(store: UnitStore, remote: MemoryRemote, names: readonly string[], isPublic = false) {
  const objection = isPublic ? openly : undefined;
  return pushBuild(noteOf(store, names), store, { remote, objection, lists: LISTS });
}

function pull(store: UnitStore, remote: MemoryRemote, names: readonly string[], isPublic = false) {
  const facts = { scope: SCOPE, packages: names.map(locked), lists: LISTS };
  return pullBuild(remote, isPublic, facts, store);
}

describe("what a build was made of", () => {
  test("goes to a remote and comes to another store, files, records and how to lay them down", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const a = await addUnit(here, "a");
    const b = await addUnit(here, "b", { below: [a] });
    const pushed = await push(here, remote, ["a", "b"]);
    expect(pushed.units.map(({ fate }) => fate.kind)).toEqual(["push", "push"]);
    expect(await pull(there, remote, ["a", "b"])).toMatchObject({ came: 2, there: 0 });
    expect(there.byInstance(b.instance)).toEqual(b);
    expect((await there.read(b.outputs[0]?.digest ?? digestOf(""))).toString()).toBe("b");
    const [entry] = there.replays([planOf("b")]).get(planOf("b")) ?? [];
    const decoded = decodeEntry(entry?.entry ?? "null");
    expect(decoded?.result).toEqual(resultOf(b));
    // The fingerprint is nobody's, and still refers to the one below.
    expect(decoded?.fingerprint.hash).not.toBe(fingerprintIn(here, b));
    const below = fingerprintIn(there, a);
    expect(decoded?.fingerprint.json).toContain(String(Buffer.from(below, "hex").readBigUInt64LE()));
  });

  test("is sent once: a second push asks for the pack and sends nothing", async () => {
    const [store, remote] = [openStore(), memoryRemote()];
    await addUnit(store, "a");
    await push(store, remote, ["a"]);
    remote.asked.length = 0;
    const again = await push(store, remote, ["a"]);
    expect(again.units.map(({ fate }) => fate.kind)).toEqual(["there"]);
    expect(remote.asked.length).toBe(2);
  });

  test("is known in bytes before all of it has moved, and is as many in the end", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const names = ["a", "b", "c"];
    for (const name of names) await addUnit(here, name, { content: randomBytes(100_000), file: "lib.rlib" }); // a layer each
    const sent = { moved: 0, expected: 0, first: 0 };
    const onExpected = (bytes: number) => {
      sent.expected += bytes;
      sent.first ||= bytes;
    };
    await pushBuild(
      noteOf(here, names),
      here,
      { remote, objection: undefined, lists: LISTS },
      {
        onExpected,
        onSent(bytes) {
          sent.moved += bytes;
        },
      },
    );
    expect(sent.expected).toBeGreaterThan(300_000);
    expect(sent.first).toBeGreaterThan(0.9 * sent.expected);
    const came = { moved: 0, expected: 0 };
    const facts = { scope: SCOPE, packages: names.map(locked), lists: LISTS };
    await pullBuild(remote, false, facts, there, {
      onBytes(bytes) {
        came.moved += bytes;
      },
      onExpected(bytes) {
        came.expected += bytes;
      },
    });
    expect(came.moved).toBe(came.expected);
    expect(sent.moved).toBe(sent.expected);
  });

  test("is the same pack whoever makes it", async () => {
    const remotes = [memoryRemote(), memoryRemote()];
    for (const remote of remotes) {
      const store = openStore();
      const names = remote === remotes[0] ? ["a", "b"] : ["b", "a"];
      for (const name of names) await addUnit(store, name);
      await push(store, remote, names);
    }
    const [first, second] = remotes.map(({ manifests }) => [...manifests.keys()].sort());
    expect(second).toEqual(first);
  });

  test("joins what the remote has of other features", async () => {
    const [one, two, remote] = [openStore(), openStore(), memoryRemote()];
    await addUnit(one, "a");
    await addUnit(two, "b");
    const packages = ["a", "b"];
    for (const [store, plans] of [
      [one, ["a"]],
      [two, ["b"]],
    ] as const) {
      const note = { ...noteOf(store, packages), plans: plans.map(planOf) };
      await pushBuild(note, store, { remote, objection: undefined, lists: LISTS });
    }
    expect(await pull(openStore(), remote, packages)).toMatchObject({ came: 2 });
  });

  test("is joined with what somebody else pushes at the same moment", async () => {
    const [one, two, remote] = [openStore(), openStore(), memoryRemote()];
    await addUnit(one, "a");
    await addUnit(two, "b");
    // Both have found no pack when the first manifest comes.
    const { promise: bothAreReady, resolve } = Promise.withResolvers<void>();
    let ready = 0;
    const gated: MemoryRemote = {
      ...remote,
      async pushManifest(manifest) {
        ready += 1;
        if (ready === 2) resolve();
        await bothAreReady;
        return remote.pushManifest(manifest);
      },
    };
    const pushes = (
      [
        [one, "a"],
        [two, "b"],
      ] as const
    ).map(([store, name]) => {
      const note = { ...noteOf(store, ["a", "b"]), plans: [planOf(name)] };
      return pushBuild(note, store, { remote: gated, objection: undefined, lists: LISTS });
    });
    await Promise.all(pushes);
    expect(await pull(openStore(), remote, ["a", "b"])).toMatchObject({ came: 2 });
  });

  test("cannot be joined with a damaged pack, but takes its place where that is wanted", async () => {
    const [store, remote] = [openStore(), memoryRemote("team")];
    await addUnit(store, "a");
    const { tag } = await push(store, remote, ["a"]);
    const { config } = JSON.parse(Buffer.from(remote.manifests.get(tag)?.bytes ?? "").toString());
    remote.blobs.set(config.digest, Buffer.from("damage"));
    await expect(push(store, remote, ["a"])).rejects.toMatchObject({
      code: "corrupt",
      hint: "`cargo green cache push team --force` puts a new pack in its place",
    });
    const target = { remote, objection: undefined, lists: LISTS };
    await pushBuild(noteOf(store, ["a"]), store, target, { force: true });
    expect(await pull(openStore(), remote, ["a"])).toMatchObject({ came: 1 });
  });

  test("takes the place of what was pushed before, in whichever layer that is", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const a = await addUnit(here, "a");
    await addUnit(here, "b", { content: "before".repeat(10_000) });
    await push(here, remote, ["a", "b"]);
    const b = await addUnit(here, "b", { content: "after" });
    await push(here, remote, ["a", "b"]);
    expect(await pull(there, remote, ["a", "b"])).toMatchObject({ came: 2 });
    expect(there.byInstance(a.instance)).toEqual(a);
    expect(there.byInstance(b.instance)).toEqual(b);
  });

  test("is found again by a lockfile that differs little", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const names = Array.from({ length: 40 }, (_, at) => `crate${at}`);
    for (const name of names) await addUnit(here, name);
    await push(here, remote, names);
    expect(await pull(there, remote, [...names.slice(1), "other"])).toMatchObject({ came: 40 });
    const foreign = Array.from({ length: 40 }, (_, at) => `foreign${at}`);
    expect(await pull(openStore(), remote, foreign)).toMatchObject({ came: 0 });
  });

  test("stays here where everybody could read it, with all that stands on it", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const acme = await addUnit(here, "acme", { privacy: "private", content: "secret bytes" });
    await addUnit(here, "on-acme", { below: [acme] });
    await addUnit(here, "free");
    const { units } = await push(here, remote, ["acme", "on-acme", "free"], true);
    expect(Object.fromEntries(units.map(({ unit, fate }) => [unit.record.identity.package, fate]))).toEqual({
      acme: { kind: "private", reason: "crates.io" },
      "on-acme": { kind: "private", reason: "depends on acme (crates.io)" },
      free: { kind: "push" },
    });
    expect(await pull(there, remote, ["acme", "on-acme", "free"], true)).toMatchObject({ came: 1 });
    const [entry] = there.replays([planOf("free")]).get(planOf("free")) ?? [];
    expect(entry?.entry).toContain("CARGO_PKG_NAME");
    expect(entry?.entry).not.toContain("MY_TABLE");
  });

  test("of a private class is not taken from a remote that everybody can write about", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    await addUnit(here, "acme", { privacy: "private" });
    await push(here, remote, ["acme"]);
    expect(await pull(there, remote, ["acme"], true)).toMatchObject({ came: 0 });
  });

  test("is not taken there either if it only says that it is everybody's", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const forged = await addUnit(here, "acme", { identity: "path acme@1.0.0" });
    await addUnit(here, "on-acme", { below: [forged] });
    await addUnit(here, "other");
    await addUnit(here, "free");
    const names = ["acme", "on-acme", "other", "free"];
    await pushBuild(noteOf(here, names), here, { remote, objection: undefined, lists: LISTS });
    // Here, `other` is a package of another checksum, and all of this stands in the lockfile.
    const packages = names.map((name) =>
      name === "other" ? { ...locked(name), checksum: digestOf("ours") } : locked(name),
    );
    const facts = { scope: SCOPE, packages: names.map(locked), lists: LISTS };
    const made = remote.manifests.get(packNameOf(SCOPE, facts.packages).tag);
    if (made !== undefined) remote.manifests.set(packNameOf(SCOPE, packages).tag, made);
    expect(await pullBuild(remote, true, { ...facts, packages }, there)).toMatchObject({ came: 1 });
    expect(there.byInstance(forged.instance)).toBeUndefined();
    expect(there.replays([planOf("free")]).size).toBe(1);
  });

  test("is private for whoever gets it from a private remote if it was so for who made it", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const a = await addUnit(here, "a");
    const b = await addUnit(here, "b", { below: [a] });
    const c = await addUnit(here, "c");
    const confines = async ({ record }: { readonly record: UnitRecord }): Promise<Privacy | undefined> =>
      record.identity.package === "a"
        ? { class: "private", reason: "its output contains the host name" }
        : undefined;
    const note = noteOf(here, ["a", "b", "c"]);
    await pushBuild(note, here, { remote, objection: undefined, confines, lists: LISTS });
    await pull(there, remote, ["a", "b", "c"]);
    expect([a, b, c].map(({ instance }) => there.byInstance(instance)?.privacy)).toEqual([
      { class: "private", reason: "its output contains the host name" },
      { class: "private", reason: "depends on a (its output contains the host name)" },
      c.privacy,
    ]);
  });

  test("goes without the plans that are a digest of somebody's settings", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const a = await addUnit(here, "a");
    const [known] = here.replays([planOf("a")]).get(planOf("a")) ?? [];
    const entry = { ...JSON.parse(known?.entry ?? ""), hasOwnPlan: true };
    here.putReplay(planOf("a"), { instance: a.instance, entry: JSON.stringify(entry) });
    here.flush();
    await push(here, remote, ["a"], true);
    expect(await pull(there, remote, ["a"], true)).toMatchObject({ came: 1 });
    expect(there.replays([planOf("a")]).size).toBe(0);
  });

  test("is refused whole when bytes of a layer are wrong", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const a = await addUnit(here, "a");
    await push(here, remote, ["a"]);
    const [digest] = [...remote.blobs.keys()];
    for (const [name, bytes] of remote.blobs) {
      if (name === digest) remote.blobs.set(name, Buffer.from(bytes.map((byte) => byte ^ 1)));
    }
    await expect(pull(there, remote, ["a"])).rejects.toMatchObject({ code: "corrupt" });
    expect(there.byInstance(a.instance)).toBeUndefined();
  });

  test("leaves nothing lying about when large files are others than their records say", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const names = ["a", "b", "c"];
    for (const name of names)
      await addUnit(here, name, { content: Buffer.alloc(9 * 1024 * 1024, name), file: `${name}.rlib` });
    await push(here, remote, names);
    const { tag } = packNameOf(SCOPE, names.map(locked));
    const honest = await openPack(remote, tag);
    const layers = honest.layers.map((entries) =>
      entries.map(({ header, content }) => ({ header, content: Buffer.alloc(content?.length ?? 0, "x") })),
    );
    await pushForgery(remote, honest, { layers, annotations: {} });
    await expect(pull(there, remote, names)).rejects.toMatchObject({ code: "corrupt" });
    expect(readdirSync(join(there.directory, "tmp"))).toEqual([]);
  }, 60_000);

  test("is not asked for any more where the remote does not answer", async () => {
    const [here, remote] = [openStore(), memoryRemote()];
    const names = Array.from({ length: 30 }, (_, at) => `crate${at}`);
    // The same file in all: each has a layer of its own.
    for (const name of names) await addUnit(here, name, { file: "lib.rlib" });
    await push(here, remote, names);
    const { config } = await openPack(remote, packNameOf(SCOPE, names.map(locked)).tag);
    const { blob } = remote;
    remote.asked.length = 0;
    remote.blob = async function* (descriptor) {
      yield* blob(descriptor);
      if (descriptor.digest !== config) throw new GreenError("unreachable", "It does not answer");
    };
    await expect(pull(openStore(), remote, names)).rejects.toMatchObject({ code: "unreachable" });
    expect(remote.asked.filter((each) => each.startsWith("blob ")).length).toBeLessThan(10);
  }, 60_000);
});

describe("a build", () => {
  const fetchOf = (
    store: UnitStore,
    remote: MemoryRemote,
    names: readonly string[],
    failures: string[] = [],
  ) =>
    new BuildFetch(
      [{ remote, isPublic: false, pack: packNameOf(SCOPE, names.map(locked)), unitTags: false }],
      {
        ...{ scope: SCOPE, store, now: Date.now, packages: names.map(locked), lists: LISTS },
        onFailure: (_, thrown) => failures.push(thrown instanceof Error ? thrown.message : ""),
      },
    );
  const wanted = (names: readonly string[]) => ({
    plans: names.map(planOf),
    publicPlans: new Set<PlanKey>(),
    tagPrefixes: new Map(),
  });

  test("gets what it lacks, and asks no more once it has it", async () => {
    const [here, there, remote] = [openStore(), openStore(), memoryRemote()];
    const a = await addUnit(here, "a");
    await push(here, remote, ["a"]);
    remote.asked.length = 0;
    const first = fetchOf(there, remote, ["a"]);
    first.begin();
    expect([...(await first.complete(wanted(["a"]))).units]).toEqual([[a.instance, "memory"]]);
    expect(remote.asked.map((each) => each.split(" ")[0])).toEqual(["manifest", "blob", "blob"]);
    remote.asked.length = 0;
    there.flush();
    const second = fetchOf(there, remote, ["a"]);
    second.begin();
    await second.complete(wanted(["a"]));
    expect(remote.asked).toEqual([]);
  });

  test("does not ask again at once for what the remote does not have", async () => {
    const [store, remote] = [openStore(), memoryRemote()];
    const first = fetchOf(store, remote, ["a"]);
    first.begin();
    expect((await first.complete(wanted(["a"]))).units.size).toBe(0);
    remote.asked.length = 0;
    const second = fetchOf(store, remote, ["a"]);
    second.begin();
    await second.complete(wanted(["a"]));
    expect(remote.asked).toEqual([]);
  });

  test("goes on without a remote that fails, and tells once", async () => {
    const remote = memoryRemote();
    const failures: string[] = [];
    remote.manifest = () => Promise.reject(new Error("no answer"));
    const fetch = fetchOf(openStore(), remote, ["a"], failures);
    fetch.begin();
    expect((await fetch.complete(wanted(["a"]))).units.size).toBe(0);
    expect(failures).toEqual(["no answer"]);
  });
});
