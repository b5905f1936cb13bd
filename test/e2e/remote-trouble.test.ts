// SPDX-License-Identifier: MIT OR Apache-2.0
// Builds with remotes that do not answer, answer wrongly, or mean harm: the program that comes out is always right.
import { appendFileSync, cpSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openRegistry } from "../../src/remote/registry/open-registry.ts";
import type { Remote } from "../../src/remote/remote.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import {
  type Forgery,
  type OpenPack,
  openPack,
  pushForgery,
  withFiles,
  withOutputs,
} from "../support/hostile-pack.ts";
import { sleep, until } from "../support/process.ts";
import { WORKSPACE_LINE, workspace } from "../support/projects.ts";
import { listed } from "../support/remote-content.ts";
import { type Build, Sandbox } from "../support/sandbox.ts";
import { freePort, listenOnLoopback } from "../support/services/listening.ts";
import { describeWith } from "../support/services/needs.ts";
import { type Registry, startRegistry } from "../support/services.ts";

/** Nobody is done at the very moment. */
const SLACK_MS = 1500;

describeWith(["registry"], "a build with a remote that is in trouble", () => {
  let sandbox: Sandbox;
  let project: string;
  let registry: Registry;
  let proxy: FaultProxy;
  let honest: OpenPack;
  let machines = 0;

  const open = (repository: string) =>
    openRegistry({
      ...{ name: "team", url: `oci://${registry.host}/${repository}`, env: {}, userAgent: "test" },
      credentials: async () => undefined,
    });

  async function withRemote<T>(repository: string, work: (remote: Remote) => Promise<T>): Promise<T> {
    const remote = await open(repository);
    try {
      return await work(remote);
    } finally {
      await remote.close();
    }
  }

  /** Settings with one remote, in which everything is trusted. */
  function settings(url: string, { budget = "60s", all = "" } = {}): void {
    const remote = `[remotes.team]\nurl = "${url}"\nvisibility = "private"\nbudget = "${budget}"\n`;
    writeFileSync(join(sandbox.cargoHome, "green.toml"), `${all}\n${remote}`);
  }

  /** Another checkout, and a store without anything. */
  function freshMachine(): {
    readonly directory: string;
    readonly env: Record<string, string>;
    store: string;
  } {
    const name = `machine${machines++}`;
    const store = sandbox.path(name, "store");
    cpSync(join(sandbox.store, "shim"), join(store, "shim"), { recursive: true });
    const directory = sandbox.checkout(project, join(name, "project"));
    return { directory, store, env: { CARGOGREEN_CACHE_DIR: store } };
  }

  /** The same for a plain cargo: with what it needs in its environment. */
  async function wrappedMachine() {
    const { directory, env } = freshMachine();
    const shim = await sandbox.run(["cargo", "green", "env", "RUSTC_WRAPPER"], { in: directory, env });
    const wrapped = { RUSTC_WRAPPER: shim.trim(), CARGOGREEN_IDLE: "2s" };
    return { directory, wrapped: { in: directory, env: { ...env, ...wrapped } } };
  }

  async function expectRight(directory: string): Promise<void> {
    expect((await sandbox.run([join(directory, "target/debug/app")], { in: directory })).trim()).toBe(
      WORKSPACE_LINE,
    );
  }

  /** Builds on a fresh machine, and checks that nothing is wrong with the result, and nothing lies about. */
  async function buildFresh(): Promise<Build> {
    const { directory, store, env } = freshMachine();
    const build = await sandbox.green(["build"], { in: directory, env });
    await expectRight(directory);
    expect(readdirSync(join(store, "tmp"))).toEqual([]);
    await sandbox.cache(["verify"], { env });
    return build;
  }

  const saysOnce = ({ stderr }: Build) =>
    expect(stderr.match(/goes on without the remote "team"/g)?.length, stderr).toBe(1);

  beforeAll(async () => {
    registry = await startRegistry({ version: "v3" });
    proxy = await startFaultProxy({ upstream: registry.url });
    sandbox = new Sandbox();
    project = workspace(sandbox, "project");
    settings(`oci://${registry.host}/honest`);
    await sandbox.green(["build"], { in: project });
    await sandbox.cache(["push", "team"], { in: project });
    honest = await withRemote("honest", async (remote) => {
      const [tag = ""] = (await listed(remote.tags())).filter((each) => each.startsWith("pack."));
      return openPack(remote, tag);
    });
  });
  afterAll(async () => {
    await proxy.close();
    await registry.close();
    sandbox.dispose();
  });

  test("compiles nothing if there is none", async () => {
    settings(`oci://${registry.host}/honest`);
    expect((await buildFresh()).compiled).toEqual([]);
  });

  test("gives units to a plain cargo with the wrapper, too, and is asked for each but once", async () => {
    settings(`oci://${proxy.host}/honest`);
    const { directory, wrapped } = await wrappedMachine();
    proxy.restart();
    expect((await sandbox.cargo(["build"], wrapped)).compiled).toEqual([]);
    await expectRight(directory);
    const packs = proxy.requests.filter(({ path }) => path.includes("/manifests/pack."));
    expect(new Set(packs.map(({ path }) => path)).size).toBe(packs.length);
    // What the remote has in another form only is not asked for again, however often it is edited.
    appendFileSync(join(directory, "src/main.rs"), "\n// edited\n");
    proxy.restart();
    expect((await sandbox.cargo(["build"], wrapped)).compiled).toHaveLength(1);
    expect(proxy.requests).toEqual([]);
  });

  describe("that", () => {
    /** Takes connections, never says anything, and tells how long it was listened to, from the first to the last. */
    async function silentServer(): Promise<{
      readonly port: number;
      readonly patience: () => number;
      readonly connections: () => number;
    }> {
      const began: number[] = [];
      const ended: number[] = [];
      const server = createServer((socket) => {
        began.push(performance.now());
        socket.on("error", () => {});
        socket.resume(); // or its end is not heard of
        socket.on("close", () => ended.push(performance.now()));
      });
      const port = await listenOnLoopback(server);
      onTestFinished(() => void server.close());
      const patience = () => Math.max(...ended) - Math.min(...began);
      return { port, patience, connections: () => began.length };
    }

    test("never answers costs its budget, once, for fetching and pushing together", async () => {
      const { port, patience } = await silentServer();
      settings(`oci://localhost:${port}/team`, { budget: "2s", all: 'push = "on-success"' });
      const build = await buildFresh();
      saysOnce(build);
      expect(build.stderr).not.toContain("did not push");
      expect(build.stderr).toMatch(/did not begin to answer within 2 s/);
      expect(patience()).toBeGreaterThan(1500);
      expect(patience()).toBeLessThan(2000 + SLACK_MS);
    });

    test("never answers costs a plain cargo with the wrapper its budget, and the next build nothing", async () => {
      const { port, connections } = await silentServer();
      settings(`oci://127.0.0.1:${port}/silent`, { budget: "2s" });
      const { directory, wrapped } = await wrappedMachine();
      await sandbox.cargo(["build"], wrapped);
      await expectRight(directory);
      const why = async () => JSON.stringify(await sandbox.cacheJson(["why"], wrapped).catch(() => ""));
      await until("the build is over", async () => (await why()).includes("goes on without the remote"));
      appendFileSync(join(directory, "src/main.rs"), "\n// edited\n");
      const asked = connections();
      expect((await sandbox.cargo(["build"], wrapped)).compiled).toHaveLength(1);
      expect(connections()).toBe(asked);
    });

    test("stops in the middle of an answer costs its budget", async () => {
      proxy.restart();
      proxy.inject(({ path }) => path.includes("/blobs/"), { kind: "stall", ms: 60_000, bytes: 100 });
      settings(`oci://${proxy.host}/honest`, { budget: "2s" });
      const build = await buildFresh();
      saysOnce(build);
      expect(build.stderr).toMatch(/stopped in the middle of an answer for 2 s/);
    });

    test("refuses connections is said at once", async () => {
      settings(`oci://localhost:${await freePort()}/team`);
      const build = await buildFresh();
      saysOnce(build);
      expect(build.stderr).toMatch(/nothing listens there/);
    });

    test("wants a login tells how to log in", async () => {
      const closed = await startRegistry({ version: "v3", auth: "basic" });
      onTestFinished(() => closed.close());
      settings(`oci://${closed.host}/team`);
      const build = await buildFresh();
      saysOnce(build);
      expect(build.stderr).toContain(`docker login ${closed.host}`);
      const push = await sandbox.cache(["push", "team"], { in: project, expect: 8 });
      expect(push.stderr).toContain(`help: log in with \`docker login ${closed.host}\``);
    });

    test("has a layer with other bytes than its digest says names both", async () => {
      const layer = await withRemote("honest", async (remote) => {
        const { bytes = Buffer.of() } = (await remote.manifest(honest.tag)) ?? {};
        return (JSON.parse(Buffer.from(bytes).toString()) as { layers: [{ digest: string }] }).layers[0]
          .digest;
      });
      proxy.restart();
      proxy.inject(({ path }) => path.endsWith(`/blobs/${layer}`), {
        kind: "corrupt",
        in: "response",
        at: 99,
      });
      settings(`oci://${proxy.host}/honest`);
      const build = await buildFresh();
      saysOnce(build);
      expect(build.stderr).toContain(layer);
      expect(build.compiled.length).toBeGreaterThan(0);
    });

    test("has a manifest over 4 MiB is not listened to", async () => {
      proxy.restart();
      proxy.inject(({ path }) => path.includes("/manifests/"), {
        ...{ kind: "status", status: 200, body: `{"x":"${"x".repeat(4 * 1024 * 1024)}"}` },
        headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
      });
      settings(`oci://${proxy.host}/honest`);
      const build = await buildFresh();
      saysOnce(build);
      expect(build.stderr).toMatch(/has more than 4194304 bytes/);
    });
  });

  describe("which means harm:", () => {
    /** Everything in the sandbox but checkouts, what is built in them, stores, and what tells of compilations. */
    function everythingElse(): readonly string[] {
      const sources = new Set(readdirSync(project, { recursive: true, encoding: "utf8" }));
      return readdirSync(sandbox.root, { recursive: true, encoding: "utf8" }).filter((path) => {
        const [machine = "", place = "", ...rest] = path.split("/");
        if (!/^machine\d+$/.test(machine)) return !/^(?:run|rustc)\b/.test(path);
        const isBuilt = place === "store" || rest[0] === "target" || sources.has(rest.join("/"));
        return !isBuilt && rest.length > 0;
      });
    }

    const evil = "../../../../../../../../evil";
    const bomb = Buffer.alloc(70 * 1024 * 1024);

    const forgeries: readonly (readonly [string, RegExp | undefined, (pack: OpenPack) => Forgery])[] = [
      [
        "a record under a key that is not its own",
        /claims another key than its inputs have/,
        ({ units }) => {
          const [one, other] = units;
          if (one === undefined || other === undefined) throw new Error("there are too few units");
          const record = { ...one.record, key: other.record.key };
          return { units: [{ ...one, record }, ...units.slice(1)] };
        },
      ],
      [
        "another file in place of an output",
        /has other bytes in/,
        ({ layers }) => ({
          layers: layers.map((entries) =>
            entries.map(({ header, content = Buffer.of() }) => ({
              header,
              content: Buffer.from(content.map((byte) => byte ^ 1)),
            })),
          ),
        }),
      ],
      [
        "an output at a path with `..`",
        /forbidden paths/,
        ({ units }) => ({
          units: units.map((unit) => ({
            ...unit,
            record: withOutputs(
              unit.record,
              unit.record.outputs.map((output) => ({ ...output, path: `${evil}/${output.path}` })),
            ),
          })),
        }),
      ],
      [
        "an output of 5 GiB",
        /output too large/,
        ({ units }) => ({
          units: units.map((unit) => ({
            ...unit,
            record: withOutputs(
              unit.record,
              unit.record.outputs.map((output) => ({ ...output, size: 5 * 1024 ** 3 })),
            ),
          })),
        }),
      ],
      [
        "outputs of zeros, a thousandth of which is sent",
        /is larger than it says/,
        (pack) => withFiles(pack, () => bomb),
      ],
      [
        "a layer that goes on after its last file",
        /is larger than it says/,
        () => ({ layerBytes: zstdCompressSync(bomb), annotations: {} }),
      ],
      [
        "a config that never ends",
        /cannot be read/,
        () => ({ config: zstdCompressSync(Buffer.alloc(150 * 1024 * 1024, "[")) }),
      ],
      [
        "the same file twice",
        /twice/,
        ({ layers }) => ({ layers: layers.map((entries) => [...entries.slice(0, 1), ...entries]) }),
      ],
      [
        "a file outside of it",
        /has a file outside of it/,
        ({ layers }) => ({
          layers: layers.map((entries) => [
            { header: { name: evil }, content: Buffer.from("evil") },
            ...entries,
          ]),
        }),
      ],
      ...(["symlink", "link"] as const).map(
        (type) =>
          [
            `a ${type} in place of a file`,
            /something else than a file/,
            ({ layers }: OpenPack): Forgery => ({
              layers: layers.map((entries) =>
                entries.map(({ header }) => ({ header: { ...header, type, linkname: evil, size: 0 } })),
              ),
            }),
          ] as const,
      ),
      [
        "a fingerprint that would lie elsewhere",
        undefined,
        ({ units }) => ({
          units: units.map((unit) => ({
            ...unit,
            replays: unit.replays.map(({ plan, entry }) => {
              const decoded = JSON.parse(entry) as { fingerprint: object };
              const fingerprint = { ...decoded.fingerprint, directory: evil };
              return { plan, entry: JSON.stringify({ ...decoded, fingerprint }) };
            }),
          })),
        }),
      ],
      [
        "outputs in a directory elsewhere",
        undefined,
        ({ units }) => ({
          units: units.map((unit) => ({
            ...unit,
            replays: unit.replays.map(({ plan, entry }) => {
              const elsewhere = entry.replaceAll("@@green:TARGET@@/", `@@green:TARGET@@/${evil}/`);
              return { plan, entry: elsewhere };
            }),
          })),
        }),
      ],
    ];

    test.each(forgeries)("%s is refused, and what was to come is compiled", async (_, said, forge) => {
      const repository = `hostile${machines}`;
      await withRemote(repository, (remote) => pushForgery(remote, honest, forge(honest)));
      settings(`oci://${registry.host}/${repository}`);
      const before = everythingElse();
      const build = await buildFresh();
      if (said !== undefined) {
        saysOnce(build);
        expect(build.stderr).toMatch(said);
        expect(build.stderr).toMatch(/"team"/);
        expect(build.compiled.length).toBeGreaterThan(0);
      }
      expect(everythingElse()).toEqual(before);
    });
  });

  describe("that is interrupted by ^C", () => {
    /** From the signal to the end of the process. */
    async function interrupt(
      args: readonly string[],
      machine: ReturnType<typeof freshMachine>,
      isThere: () => boolean,
    ) {
      const { directory, env } = machine;
      const started = sandbox.startGreen(args, { in: directory, env });
      await until("it is at it", isThere, 120_000);
      const at = performance.now();
      process.kill(-started.pid, "SIGINT");
      const ended = await Promise.race([started.ended, sleep(20_000)]);
      if (ended === undefined) {
        process.kill(-started.pid, "SIGKILL");
        throw new Error("It goes on");
      }
      expect(ended.signal ?? ended.status, ended.stderr).toBe(ended.signal === null ? 130 : "SIGINT");
      return performance.now() - at;
    }

    const isGet = ({ method, path }: { readonly method: string; readonly path: string }) =>
      method === "GET" && path.includes("/blobs/");
    const isPut = ({ method, path }: { readonly method: string; readonly path: string }) =>
      method === "PUT" && path.includes("/blobs/");

    test.each([
      ["while a build fetches", ["build"]],
      ["while `cache pull` does", ["cache", "pull", "team"]],
    ] as const)("ends at once %s, with nothing half there", async (_, args) => {
      proxy.restart();
      proxy.inject(isGet, { kind: "stall", ms: 60_000, bytes: 2000 });
      settings(`oci://${proxy.host}/honest`);
      const machine = freshMachine();
      const took = await interrupt(args, machine, () => proxy.requests.some(isGet));
      expect(took).toBeLessThan(1000);
      expect(readdirSync(join(machine.store, "tmp"))).toEqual([]);
      await sandbox.cache(["verify"], { env: machine.env });
      proxy.restart();
      const { compiled } = await sandbox.green(["build"], { in: machine.directory, env: machine.env });
      expect(compiled).toEqual([]);
      await expectRight(machine.directory);
    });

    test.each([
      ["while a build pushes", ["build"]],
      ["while `cache push` does", ["cache", "push", "team"]],
    ] as const)("ends at once %s, with nothing half there", async (_, args) => {
      const repository = `interrupted${machines}`;
      const machine = freshMachine();
      const { directory, env, store } = machine;
      settings(`oci://${proxy.host}/${repository}`);
      if (args[0] === "cache") await sandbox.green(["build"], { in: directory, env });
      proxy.restart();
      proxy.inject(isPut, { kind: "stall", ms: 60_000 });
      settings(`oci://${proxy.host}/${repository}`, { all: 'push = "on-success"' });
      const took = await interrupt(args, machine, () => proxy.requests.some(isPut));
      expect(took).toBeLessThan(1000);
      expect(readdirSync(join(store, "tmp"))).toEqual([]);
      expect(await withRemote(repository, (each) => listed(each.tags()))).toEqual([]);
      proxy.restart();
      await sandbox.cache(["push", "team"], { in: directory, env });
      expect((await buildFresh()).compiled).toEqual([]);
    });
  });
});
