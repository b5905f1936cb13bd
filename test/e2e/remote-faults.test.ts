// SPDX-License-Identifier: MIT OR Apache-2.0
// Everything that can go wrong between us and a remote, at every request: in the end all is there and right, or an error
// says what is the matter and nothing is half there.
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { BuildFetch } from "../../src/broker/share/fetch-build.ts";
import { readPack } from "../../src/broker/share/find-pack.ts";
import { packNameOf } from "../../src/broker/share/pack-scope.ts";
import { pullBuild } from "../../src/broker/share/pull-build.ts";
import { pushBuild } from "../../src/broker/share/push-build.ts";
import { GreenError } from "../../src/error.ts";
import { parseAddress } from "../../src/remote/address.ts";
import { openRemote } from "../../src/remote/open-remote.ts";
import { openRegistry, type RegistryOptions } from "../../src/remote/registry/open-registry.ts";
import type { Remote } from "../../src/remote/remote.ts";
import { S3Remote } from "../../src/remote/s3/s3-remote.ts";
import { openUnitStore } from "../../src/store/open-unit-store.ts";
import type { UnitStore } from "../../src/store/store.ts";
import type { UnitRecord } from "../../src/unit/record.ts";
import { fastDisk } from "../support/fast-disk.ts";
import type { Fault } from "../support/fault-proxy/fault.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { aimAt, type RequestAt, requestsOf } from "../support/faults-at.ts";
import { sleep, start, until } from "../support/process.ts";
import { addUnit, LISTS, locked, noteOf, planOf, SCOPE } from "../support/sample-build.ts";
import { REGISTRY_CREDENTIALS } from "../support/services/credentials.ts";
import { describeWith } from "../support/services/needs.ts";
import { type Registry, type S3Server, startRegistry, startS3 } from "../support/services.ts";

const NAMES = ["a", "b", "c"];
/** Stands for the two seconds of a build. */
const BUDGET_MS = 1000;
const SHORT_MS = 30;
const LONG_MS = 20_000;
/** So that one of the layers goes in several chunks. */
const UPLOADS = { wholeBytes: 100_000, chunkBytes: 60_000 };

/** What can happen to one request, given what it would send and get. */
function faultsFor({ sent, answered }: RequestAt): readonly Fault[] {
  const half = Math.floor(answered / 2);
  return [
    { kind: "reset", when: "before" },
    { kind: "reset", when: "after" },
    { kind: "status", status: 429, headers: { "retry-after": "1" } },
    { kind: "status", status: 500 },
    { kind: "status", status: 503, headers: { "retry-after": "1" }, body: "<html>busy</html>" },
    { kind: "status", status: 403 },
    { kind: "stall", ms: SHORT_MS },
    { kind: "stall", ms: LONG_MS },
    { kind: "unauthorized" },
    ...(answered === 0
      ? []
      : ([
          { kind: "truncate", bytes: half },
          { kind: "truncate", bytes: half, end: "close" },
          { kind: "corrupt", in: "response", at: 0 },
          { kind: "corrupt", in: "response", at: half },
          { kind: "stall", ms: LONG_MS, bytes: half },
        ] as const)),
    ...(sent === 0
      ? []
      : ([
          { kind: "cut-upload", bytes: Math.ceil(sent / 2) },
          { kind: "corrupt", in: "request", at: 0 },
          { kind: "corrupt", in: "request", at: Math.floor(sent / 2) },
          { kind: "corrupt", in: "request", at: sent - 1 },
        ] as const)),
  ];
}

/** What becomes of servers from one request on: they are gone, busy, closed to us, or silent. */
const LASTING: readonly Fault[] = [
  { kind: "reset", when: "before" },
  { kind: "status", status: 500 },
  { kind: "status", status: 403 },
  { kind: "stall", ms: LONG_MS },
];

interface Cell {
  readonly at: RequestAt;
  readonly fault: Fault;
  /** It happens to all later requests as well. */
  readonly from: boolean;
}

function cellsOf(requests: readonly RequestAt[]): readonly Cell[] {
  return requests.flatMap((at) => [
    ...faultsFor(at).map((fault) => ({ at, fault, from: false })),
    ...LASTING.map((fault) => ({ at, fault, from: true })),
  ]);
}

function nameOf({ at, fault, from }: Cell): string {
  return `${JSON.stringify(fault)} ${from ? "from" : "at"} ${at.kind} (${at.occurrence})`;
}

/** For all of it on a machine that does other things as well. */
const PATIENCE = { timeout: 600_000 };

/** Directory of a test's stores. */
let root: string;

function openStore(): UnitStore {
  return openUnitStore(join(root, randomBytes(6).toString("hex")), { umask: 0o022 });
}

function removeStore(store: UnitStore): void {
  store.close();
  rmSync(store.directory, { recursive: true, force: true });
}

async function withStore<T>(work: (store: UnitStore) => Promise<T>): Promise<T> {
  const store = openStore();
  try {
    return await work(store);
  } finally {
    removeStore(store);
  }
}

/** Units whose files are in two layers, one of which is sent in chunks. */
async function sampleBuild(store: UnitStore): Promise<readonly UnitRecord[]> {
  const a = await addUnit(store, "a");
  const b = await addUnit(store, "b", { below: [a], content: randomBytes(150_000) });
  const c = await addUnit(store, "c", { file: "liba.rlib" });
  return [a, b, c];
}

/** Whatever happened: nothing is left lying about, and no record lacks a file. */
async function expectSound(store: UnitStore, records: readonly UnitRecord[]): Promise<number> {
  expect(readdirSync(join(store.directory, "tmp"))).toEqual([]);
  let found = 0;
  for (const { instance } of records) {
    const record = store.byInstance(instance);
    if (record === undefined) continue;
    found += 1;
    for (const { digest } of record.outputs) await store.read(digest);
  }
  return found;
}

/** All of it came, and how to lay it down. */
async function expectComplete(store: UnitStore, records: readonly UnitRecord[]): Promise<void> {
  expect(await expectSound(store, records)).toBe(records.length);
  for (const record of records) expect(store.byInstance(record.instance)).toEqual(record);
  expect(store.replays(NAMES.map(planOf)).size).toBe(NAMES.length);
}

/** Those of which the remote is the cause. */
const REMOTE_CODES = ["denied", "unreachable", "refused", "corrupt", "protocol", "not-found"];

function expectClear(thrown: unknown): void {
  if (!(thrown instanceof GreenError && REMOTE_CODES.includes(thrown.code))) throw thrown;
  const { message, side, hint, code } = thrown;
  expect(`${message} ${side}`).toMatch(/team|localhost/);
  expect(message).not.toMatch(/undefined|\[object|^\s*$/);
  if (code === "denied") expect(hint).toMatch(/docker login|credentials/);
}

const packOf = () => packNameOf(SCOPE, NAMES.map(locked));

/** What the tag leads to, if to anything, is all there. */
async function expectReadable(remote: Remote): Promise<void> {
  for (const { layers } of await readPack(remote, packOf().tag)) {
    for (const layer of layers) for await (const _ of remote.blob(layer));
  }
}

const push = (store: UnitStore, remote: Remote) =>
  pushBuild(noteOf(store, NAMES), store, { remote, objection: undefined, lists: LISTS });

async function pullAll(remote: Remote, store: UnitStore): Promise<void> {
  const facts = { scope: SCOPE, packages: NAMES.map(locked), lists: LISTS };
  await pullBuild(remote, false, facts, store);
}

/** As a build does it; throws what the build would say. */
async function fetchAll(remote: Remote, store: UnitStore): Promise<void> {
  const failures: unknown[] = [];
  const fetch = new BuildFetch([{ remote, isPublic: false, pack: packOf(), unitTags: false }], {
    ...{ scope: SCOPE, store, now: Date.now, packages: NAMES.map(locked), lists: LISTS },
    onFailure: (_, thrown) => failures.push(thrown),
  });
  fetch.begin();
  const plans = NAMES.map(planOf);
  await fetch.complete({ plans, publicPlans: new Set(plans), tagPrefixes: new Map() });
  store.flush();
  expect(failures.length).toBeLessThanOrEqual(1);
  if (failures.length > 0) throw failures[0];
}

function openAt(url: string, env: NodeJS.ProcessEnv): Promise<Remote> {
  const unset = { ca: undefined, clientCert: undefined, clientKey: undefined };
  return openRemote("team", { url, insecure: false, mirrors: [], ...unset }, { env, cwd: root });
}

const attempt = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (thrown: unknown) => ({ thrown }),
  );

type Outcome = "ended" | "failed";

/** Cells that are tried at once, each through a proxy of its own: most of them only wait. */
const LANES = 16;

/** Tries every cell; throws what the wrong ones did, with what was done to them. */
async function tryAll(
  cells: readonly Cell[],
  proxies: readonly FaultProxy[],
  check: (cell: Cell, proxy: FaultProxy) => Promise<Outcome>,
): Promise<Readonly<Record<Outcome, number>>> {
  const outcomes = { ended: 0, failed: 0 };
  const wrong: string[] = [];
  const next = cells.values();
  await Promise.all(
    proxies.map(async (proxy) => {
      for (const cell of next) {
        try {
          proxy.restart();
          proxy.inject(aimAt(cell.at, cell), cell.fault);
          outcomes[await check(cell, proxy)] += 1;
        } catch (thrown) {
          wrong.push(`${nameOf(cell)}: ${thrown instanceof Error ? thrown.stack : thrown}`);
        }
      }
    }),
  );
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${cells.length} are wrong:\n${wrong.join("\n")}`);
  return outcomes;
}

/** A server, and how clients of it are opened. */
interface Served {
  /** Origin. */
  readonly url: string;
  /** `origin`: its own, or that of a proxy in front of it. */
  open(origin: string, place: string, options?: ClientOptions): Promise<Remote>;
  close(): Promise<void>;
}

interface ClientOptions {
  /** Loses no time between attempts, and waits for nothing. */
  readonly hasty?: boolean;
  readonly firstByteMs?: number;
}

async function serveRegistry(): Promise<Served> {
  const registry = await startRegistry({ version: "v3", auth: "token" });
  const hasty: Partial<RegistryOptions> = {
    retries: { retries: 2, baseMs: 1, maxMs: 2, maxAskedMs: 5 },
    timeouts: { answerMs: BUDGET_MS, storeMs: BUDGET_MS, silenceMs: BUDGET_MS },
  };
  return {
    url: registry.url,
    open: (origin, place, options = {}) =>
      openRegistry({
        ...{ name: "team", url: `oci://${new URL(origin).host}/${place}`, env: {}, userAgent: "test" },
        credentials: async () => ({ kind: "basic", ...REGISTRY_CREDENTIALS }),
        ...{ uploads: UPLOADS, firstByteMs: options.firstByteMs, ...(options.hasty === true ? hasty : {}) },
      }),
    close: () => registry.close(),
  };
}

async function serveBucket(): Promise<Served> {
  const { endpoint, bucket, credentials, close } = await startS3();
  return {
    url: endpoint,
    async open(origin, place, { firstByteMs } = {}) {
      const address = parseAddress(`s3://${bucket}/${place}?endpoint=${origin}`, { directory: "/" });
      if (address.kind !== "s3") throw new Error("It is no bucket");
      return new S3Remote("team", address, { env: {}, credentials, firstByteMs });
    },
    close,
  };
}

/** What the SDK waits for cannot be made short: where a build does not set a limit, nothing is kept waiting. */
const isForBuckets = ({ fault }: Cell) => fault.kind !== "stall" || fault.ms === SHORT_MS;
const everything = () => true;

const BUILD = ["a build", fetchAll] as const;
const PULL = ["`cache pull`", pullAll] as const;

for (const { title, needs, serve, pushed, ways } of [
  { title: "a registry", needs: "registry", serve: serveRegistry, pushed: everything, ways: [BUILD, PULL] },
  { title: "a bucket", needs: "versitygw", serve: serveBucket, pushed: isForBuckets, ways: [BUILD] },
] as const) {
  describeWith([needs], `${title} that faults`, () => {
    let served: Served;
    let proxies: readonly FaultProxy[];
    let proxy: FaultProxy;
    let store: UnitStore;
    let records: readonly UnitRecord[];
    let places = 0;

    beforeAll(async () => {
      // For the stores, and for what is served.
      vi.stubEnv("TMPDIR", fastDisk());
      root = mkdtempSync(join(tmpdir(), "green-faults-"));
      served = await serve();
      const { url: upstream } = served;
      proxy = await startFaultProxy({ upstream });
      proxies = await Promise.all(Array.from({ length: LANES }, () => startFaultProxy({ upstream })));
      store = openStore();
      records = await sampleBuild(store);
    });
    afterAll(async () => {
      await Promise.all([proxy, ...proxies].map((each) => each.close()));
      removeStore(store);
      await served.close();
      rmSync(root, { recursive: true, force: true });
      vi.unstubAllEnvs();
    });

    const newPlace = () => `r${places++}`;

    /** All that can go wrong when this is done. */
    async function cellsFor(place: string, work: (remote: Remote) => Promise<unknown>) {
      const measured = await served.open(proxy.url, place);
      proxy.restart();
      await work(measured);
      await measured.close();
      return cellsOf(requestsOf(proxy.requests));
    }

    test("is pushed to completely, or not at all and with a clear error", PATIENCE, async () => {
      const cells = (await cellsFor(newPlace(), (remote) => push(store, remote))).filter(pushed);
      const outcomes = await tryAll(cells, proxies, async (_, { url }) => {
        const place = newPlace();
        const faulty = await served.open(url, place, { hasty: true });
        const failure = await attempt(push(store, faulty));
        await faulty.close();
        if (failure !== undefined) expectClear(failure.thrown);
        const sound = await served.open(served.url, place);
        await expectReadable(sound);
        await push(store, sound);
        await withStore(async (other) => {
          await fetchAll(sound, other);
          await expectComplete(other, records);
        });
        await sound.close();
        return failure === undefined ? "ended" : "failed";
      });
      await expectSound(store, records);
      expect(outcomes.ended).toBeGreaterThan(proxy.requests.length);
      expect(outcomes.failed).toBeGreaterThan(proxy.requests.length);
    });

    for (const [how, get] of ways) {
      test(`gives ${how} everything, or a clear error`, PATIENCE, async () => {
        const place = newPlace();
        const sound = await served.open(served.url, place);
        await push(store, sound);
        const cells = await withStore((other) => cellsFor(place, (remote) => get(remote, other)));
        const outcomes = await tryAll(cells, proxies, (_, { url }) =>
          withStore(async (other) => {
            const faulty = await served.open(url, place, { hasty: true, firstByteMs: BUDGET_MS });
            const failure = await attempt(get(faulty, other));
            await faulty.close();
            if (failure === undefined) await expectComplete(other, records);
            else expectClear(failure.thrown);
            await expectSound(other, records);
            await get(sound, other);
            await expectComplete(other, records);
            return failure === undefined ? "ended" : "failed";
          }),
        );
        await sound.close();
        expect(outcomes.ended).toBeGreaterThan(proxy.requests.length);
        expect(outcomes.failed).toBeGreaterThan(proxy.requests.length);
      });
    }

    test("is a megabit a second away, and gives and takes everything all the same", async () => {
      const far = await startFaultProxy({
        upstream: served.url,
        link: { bitsPerSecond: 1e6, latencyMs: 20 },
      });
      const remote = await served.open(far.url, newPlace(), { firstByteMs: 10 * BUDGET_MS });
      await push(store, remote);
      await withStore(async (other) => {
        await fetchAll(remote, other);
        await expectComplete(other, records);
      });
      await remote.close();
      await far.close();
    });
  });
}

const PUSH_SAMPLE = join(import.meta.dirname, "../support/fixtures/push-sample.ts");

/** Another process that pushes some of a build's units; resolves to its exit status and what it said. */
function pushElsewhere(
  store: UnitStore,
  url: string,
  units: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const argv = [process.execPath, PUSH_SAMPLE, store.directory, url, NAMES.join(","), units.join(",")];
  const path = { PATH: process.env["PATH"] ?? "", HOME: root };
  return start(argv, { cwd: root, env: { ...path, ...env } });
}

describeWith(["registry", "versitygw"], "two machines that push the same build at once", () => {
  let registry: Registry;
  let bucket: S3Server;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "green-faults-"));
    [registry, bucket] = await Promise.all([startRegistry({ version: "v3" }), startS3()]);
    // Found where the SDK looks for them.
    vi.stubEnv("AWS_ACCESS_KEY_ID", bucket.credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", bucket.credentials.secretAccessKey);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([registry.close(), bucket.close()]);
    rmSync(root, { recursive: true, force: true });
  });

  const places = [
    ["a registry", () => `oci://${registry.host}/twice`],
    ["a bucket", () => `s3://${bucket.bucket}/twice?endpoint=${bucket.endpoint}`],
    ["a layout", () => `oci-layout:${join(root, "twice")}`],
  ] as const;

  test.each(places)("to %s both succeed, and what is there is whole", async (_, url) => {
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = bucket.credentials;
    const env = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    const remote = await openAt(url(), env);
    await withStore(async (one) => {
      await withStore(async (two) => {
        const records = await sampleBuild(one);
        await sampleBuild(two);
        const pushes = [
          pushElsewhere(one, url(), ["a", "b"], env),
          pushElsewhere(two, url(), ["a", "c"], env),
        ];
        for (const { ended } of pushes) expect(await ended).toMatchObject({ status: 0, stderr: "" });
        await expectReadable(remote);
        const found = (await readPack(remote, packOf().tag)).flatMap(({ units }) => units);
        const names = found.map(({ record }) => record.identity.package).sort();
        // Who came a moment later may not have seen the other's: never is anything half there.
        expect(["a,b", "a,b,c", "a,c"]).toContain([...new Set(names)].join(","));
        expect(await pushElsewhere(one, url(), ["a", "b"], env).ended).toMatchObject({ status: 0 });
        expect(await pushElsewhere(two, url(), ["a", "c"], env).ended).toMatchObject({ status: 0 });
        await withStore(async (other) => {
          await pullAll(remote, other);
          expect(await expectSound(other, records)).toBeGreaterThanOrEqual(2);
          expect(other.replays(NAMES.map(planOf)).size).toBe(NAMES.length);
        });
      });
    });
    await remote.close();
  });

  test("what somebody else pushed while layers were sent stays in the pack", async () => {
    const url = `oci://${registry.host}/late`;
    const remote = await openAt(url, {});
    await withStore(async (store) => {
      const records = await sampleBuild(store);
      let isFirst = true;
      const late: Remote = {
        ...remote,
        async pushBlob(source, options) {
          if (isFirst) {
            isFirst = false;
            const other = { ...noteOf(store, NAMES), plans: [planOf("a"), planOf("b")] };
            await pushBuild(other, store, { remote, objection: undefined, lists: LISTS });
          }
          return remote.pushBlob(source, options);
        },
      };
      const mine = { ...noteOf(store, NAMES), plans: [planOf("c")] };
      await pushBuild(mine, store, { remote: late, objection: undefined, lists: LISTS });
      await withStore(async (other) => {
        await fetchAll(remote, other);
        await expectComplete(other, records);
      });
    });
    await remote.close();
  });

  test("one that is killed leaves a layout sound, and the next completes it", async () => {
    const path = join(root, "killed");
    const url = `oci-layout:${path}`;
    await withStore(async (store) => {
      const records = await sampleBuild(store);
      for (let round = 0; round < 12; round++) {
        rmSync(path, { recursive: true, force: true });
        const killed = pushElsewhere(store, url, NAMES);
        // From its first file on, a little later each time.
        await until("it has begun", () => existsSync(path));
        await sleep(round * 5);
        killed.child.kill("SIGKILL");
        await killed.ended;
        const index = join(path, "index.json");
        if (existsSync(index))
          expect(JSON.parse(readFileSync(index, "utf8"))).toMatchObject({ schemaVersion: 2 });
        const remote = await openAt(url, {});
        await expectReadable(remote);
        await push(store, remote);
        await withStore(async (other) => {
          await fetchAll(remote, other);
          await expectComplete(other, records);
        });
        await remote.close();
      }
    });
  });
});
