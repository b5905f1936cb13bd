// SPDX-License-Identifier: MIT OR Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPack } from "../../src/broker/share/find-pack.ts";
import { readPackNote } from "../../src/broker/share/pack-note.ts";
import { packNameOf } from "../../src/broker/share/pack-scope.ts";
import { packedUnits, shareableUnits } from "../../src/broker/share/pack-units.ts";
import { isPublicPackage } from "../../src/broker/share/public-packages.ts";
import { pushPack } from "../../src/broker/share/push-pack.ts";
import { pathHash } from "../../src/cargo/fingerprint/path-hash.ts";
import { GreenError } from "../../src/error.ts";
import type { PackedUnit } from "../../src/remote/format/pack-config.ts";
import { openRemote } from "../../src/remote/open-remote.ts";
import { openUnitStore } from "../../src/store/open-unit-store.ts";
import type { UnitIdentity } from "../../src/unit/record.ts";
import { everythingBelow, findWords, type Received } from "../support/everything-in.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { HOST, type Machine, PrivateWorld, SECRETS, TABLE, USER } from "../support/private-world.ts";
import { describeWith } from "../support/services/needs.ts";
import { type Registry, startRegistry } from "../support/services.ts";

/** Whole builds of many small crates, each in a sandbox of its own. */
const PATIENCE = 900_000; // 15 minutes

/** What may go, and so must: units that are made of crates.io's alone and have learnt nothing. */
const OPEN = [
  ...["openleaf lib", "openmid lib", "openmacro proc-macro", "openuser lib"],
  ...["opengen", "openlink", "openlink-sys"].flatMap((name) => [
    `${name} build-script`,
    `${name} build-script-run`,
    `${name} lib`,
  ]),
  // The scripts themselves have read nothing; their runs have.
  ...["openhome", "openhost", "opentoken"].map((name) => `${name} build-script`),
].sort();

/** What is private about the workspace and who builds it. Everything of Acme's is called so. */
const NAMES = [
  "acme",
  USER,
  HOST,
  "openplug",
  "openpatched",
  "openfeat",
  "opentaint",
  "stealth",
  "green-acme",
];

describeWith(["registry"], "what a public remote gets of a workspace with secrets", () => {
  const world = new PrivateWorld();
  let [registry, team]: (Registry | undefined)[] = [];
  let proxy: FaultProxy;
  let first: Machine;
  const hashes: string[] = [];

  /** Settings with a public remote. */
  const settings = (more = "", repository = "world/cache") => `${more}
[remotes.world]
url = "oci://${proxy.host}/${repository}"
unit-tags = true
budget = "60s"
`;
  const teamOf = () =>
    `[remotes.team]\nurl = "oci://${team?.host}/team/cache"\nvisibility = "private"\nbudget = "60s"\n`;

  const seen = new Set<string>();
  let heard = 0;

  /** What came since the last call. */
  function* received(): Generator<Received> {
    const requests = proxy.received();
    yield { what: "requests", bytes: requests.subarray(heard) };
    heard = requests.length;
    yield { what: "the registry's log", bytes: readFileSync(registry?.log ?? "") };
    yield* everythingBelow(registry?.data ?? "", seen);
  }

  /** Fails if the public remote, or a request to it, got any of what is private. */
  function expectNoLeak(more: readonly string[] = []): void {
    const own = hostname();
    const words = [
      ...[...NAMES, ...Object.values(SECRETS), ...Object.entries(TABLE).flat(), world.root, ...more],
      ...(own.length > 7 && own !== "localhost" ? [own] : []),
    ];
    expect([...findWords(received(), words, hashes)]).toEqual([]);
  }

  beforeAll(async () => {
    [registry, team] = await Promise.all([
      startRegistry({ version: "v3" }),
      startRegistry({ version: "v3" }),
    ]);
    proxy = await startFaultProxy({ upstream: registry.url, recordBodies: true });
    first = world.machine(settings() + teamOf());
    await first.green(["build"]);
    hashes.push(...hashesOf(first));
    await first.green(["cache", "push", "world"]);
    await first.green(["cache", "push", "team"]);
  }, PATIENCE);
  afterAll(async () => {
    await proxy?.close();
    await Promise.all([registry?.close(), team?.close()]);
    world.dispose();
  });

  test("is all that is everybody's, and nothing else", async () => {
    expect(await unitsIn(proxy.host, "world/cache")).toEqual(OPEN);
    expectNoLeak();
  });

  test("is said, with the way to the cause for what stays", async () => {
    const { stdout } = await first.green(["cache", "push", "world", "--dry-run"]);
    for (const line of [
      /acme-core 1\.0\.0 +depends on acme-derive \(proc-macro, path package\)|acme-core 1\.0\.0 +path package/,
      /acme-derive 1\.0\.0 \(proc-macro\) +path package/,
      /acme-regcrate 1\.0\.0 +from a registry that is not listed as public/,
      /acme-gitcrate 1\.0\.0 +from a git repository that is not listed as public/,
      /openplug 1\.0\.0 +path package/,
      /openpatched 1\.0\.0 +from a git repository that is not listed as public/,
      /opentaint 1\.0\.0 +depends on openpatched \(from a git repository that is not listed as public\)/,
      /openfeat 1\.0\.0 +depends on openplug \(path package\)/,
      /openhome 1\.0\.0 \(run\) +its output contains the path of HOME/,
      /opentoken 1\.0\.0 \(run\) +read the environment variable OPEN_API_TOKEN/,
      /openhost 1\.0\.0 \(run\) +read the environment variable HOSTNAME|openhost 1\.0\.0 \(run\) .*host name/,
      /openbake 1\.0\.0 +read the environment variable ACME_BAKED_SECRET/,
      /openplace 1\.0\.0 +its output contains the path of CARGO_HOME/,
      /openplacemacro 1\.0\.0 \(proc-macro\) +its output contains the path of CARGO_HOME/,
    ])
      expect(stdout).toMatch(line);
    const shown = await first.green(["cache", "show", "openfeat"]);
    expect(shown.stdout).toContain("depends on openplug (path package)");
    expectNoLeak();
  });

  test(
    "goes there when a build that succeeded pushes it, too",
    async () => {
      await first.green(["check", "-p", "openmid", "-p", "opengen"], { CARGOGREEN_PUSH: "on-success" });
      expect(await unitsIn(proxy.host, "world/cache", "check")).toEqual([
        ...["opengen build-script", "opengen build-script-run", "openleaf lib", "openmid lib"],
      ]);
      expectNoLeak();
    },
    PATIENCE,
  );

  test.each(["replay", "lazy"])(
    "is what another machine gets, by %s, and compiles the rest",
    async (fetch) => {
      const second = world.machine(settings(`fetch = "${fetch}"`));
      const { summary, stderr } = await second.green(["build", "-p", "acme-app"]);
      const counts = { units: 22, built: 9, notCached: 0 };
      const came = fetch === "replay" ? { replayed: 13, restored: 0 } : { replayed: 0, restored: 13 };
      expect(summary, stderr).toEqual({ ...counts, ...came });
      expectNoLeak([second.root]);
    },
    PATIENCE,
  );

  test(
    "is less than what a private one gives another machine: all that does not depend on where it is",
    async () => {
      const second = world.machine(teamOf());
      const { summary, stderr } = await second.green(["build", "--workspace", "--exclude", "acme-probe"]);
      expect(summary, stderr).toMatchObject({ units: 22, replayed: 22, built: 0 });
    },
    PATIENCE,
  );

  /** Ways to tell Cargo what nobody else should know; where nothing may go that was told so, `goes` is empty. */
  const VARIANTS: readonly {
    readonly title: string;
    readonly args?: readonly string[];
    readonly env?: (at: Machine) => Readonly<Record<string, string>>;
    readonly toolchain?: string;
    /** True: the cache has what builds left that said nothing of the kind. */
    readonly isKnown?: boolean;
    readonly goes: readonly string[];
  }[] = [
    { title: "RUSTFLAGS", env: () => ({ RUSTFLAGS: "--cfg acme_secret" }), goes: [] },
    { title: "profile", args: ["--profile", "acme-stealth"], isKnown: true, goes: [] },
    {
      title: "env-table",
      args: Object.entries(TABLE).flatMap(([name, value]) => ["--config", `env.${name}="${value}"`]),
      goes: ["opengen build-script", "openleaf lib", "openmid lib"],
    },
    {
      title: "toolchain",
      env: (at) => ({ RUSTUP_HOME: at.linkToolchain("acme-forge") }),
      toolchain: "acme-forge",
      goes: [], // its compiler lies in a place of one's own
    },
    {
      title: "variables",
      env: () => ({ CFLAGS: "-DACME_INTERNAL", ACME_SDK_DIR: "/usr/lib/acme", ACME_LINK_STATIC: "1" }),
      goes: ["opengen build-script", "openleaf lib", "openmid lib"],
    },
    {
      title: "below-cargo",
      env: (at) => ({
        OUT_DIR: join(at.workspace, "target/debug/build/acme-xtask-0123456789abcdef/out"),
        CARGO_BIN_NAME: "acme-xtask",
        CARGO_CRATE_NAME: "acme_xtask",
        CARGO_MANIFEST_LINKS: "acme-links",
      }),
      goes: [],
    },
    { title: "compiler", env: (at) => ({ RUSTC: at.ownCompiler() }), goes: [] },
  ];

  test.each(VARIANTS)(
    "has nothing of what is said by $title",
    async ({ title, args = [], env, toolchain, isKnown = false, goes }) => {
      first.settings(settings(`fetch = "lazy"`, `world/${title.toLowerCase()}`));
      const variables = {
        ...env?.(first),
        CARGO_TARGET_DIR: join(first.root, `target-${title}`),
        ...(!isKnown && { CARGOGREEN_CACHE_DIR: join(first.root, `cache-${title}`) }),
      };
      const build = ["build", "-p", "openmid", "-p", "opengen", ...args];
      await first.green(build, variables, toolchain);
      const push = first.green(["cache", "push", "world"], variables, toolchain);
      if (title === "profile") await expect(push).rejects.toThrow("are not for everybody");
      else await push;
      await first.green(["cache", "push", "world", "openmid", "opengen"], variables, toolchain);
      expectNoLeak();
      expect(await unitsIn(proxy.host, `world/${title.toLowerCase()}`)).toEqual(goes);
    },
    PATIENCE,
  );

  test(
    "is not told of a profile that an alias names",
    async () => {
      const second = world.machine(settings(`fetch = "lazy"`));
      await second.green(["acme-ship", "-p", "openmid"]);
      expectNoLeak([second.root]);
    },
    PATIENCE,
  );

  test(
    "is all that is taken from it, whatever it says to have",
    async () => {
      const victim = world.machine(settings());
      await victim.green(["cache", "pull", "world"]);
      const pulled = await unitsOf(victim);
      expect(pulled.filter(({ mode }) => mode === "build").map(({ name }) => name)).toEqual(OPEN);

      await forge(first, proxy.host, "world/forged");
      victim.settings(settings("", "world/forged"));
      await victim.green(["cache", "pull", "world"]);
      const names = (await unitsOf(victim)).map(({ name }) => name).filter((name) => !OPEN.includes(name));
      // Of crates.io's packages, whatever somebody made of them.
      expect(names.filter((name) => !/^open(home|host|token|bake|place|placemacro) /.test(name))).toEqual([]);
      const { summary, stderr } = await victim.green(["build", "-p", "acme-app"]);
      expect(summary, stderr).toMatchObject({ units: 22, built: 9 });
      // The pack is right but for what it says of itself: who trusts the remote could use it.
      const friend = world.machine(`${settings("", "world/forged")}visibility = "private"\n`);
      const trusting = await friend.green(["build", "--workspace", "--exclude", "acme-probe"]);
      expect(trusting.summary, trusting.stderr).toMatchObject({ units: 22, replayed: 22, built: 0 });
    },
    PATIENCE,
  );
});

/** Hashes of the paths of crates.io's sources, and of fingerprints that hold these, as Cargo on this machine has them. */
function hashesOf({ cargoHome, workspace }: Machine): readonly string[] {
  const source = join(cargoHome, "registry/src/index.crates.io-1949cf8c6b5b557f");
  const paths = readdirSync(source).flatMap((name) =>
    ["src/lib.rs", "build.rs"].map((file) => pathHash(join(source, name, file))),
  );
  const fingerprints = join(workspace, "target/debug/.fingerprint");
  const files = readdirSync(fingerprints, { recursive: true, withFileTypes: true }).filter(
    ({ name }) => /^(lib|build-script|run-build-script)-/.test(name) && !name.endsWith(".json"),
  );
  const own = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  const numbers = [...paths, ...own.map((text) => Buffer.from(text, "hex").readBigUInt64LE())];
  return numbers.flatMap((number) => {
    const little = Buffer.alloc(8);
    little.writeBigUInt64LE(BigInt(number));
    const big = Buffer.from(little).reverse();
    return [String(number), little.toString("hex"), big.toString("hex")];
  });
}

/** Results of whoever has the cache, by name. */
async function unitsOf(at: Machine): Promise<readonly { readonly name: string; readonly mode: string }[]> {
  const { stdout } = await at.green(["cache", "ls", "--json"]);
  const { units } = JSON.parse(stdout) as { readonly units: readonly UnitIdentity[] };
  return units
    .map(({ package: name, kind, mode }) => ({ name: `${name} ${kind}`, mode }))
    .sort((a, b) => (`${a.name} ${a.mode}` < `${b.name} ${b.mode}` ? -1 : 1));
}

/** Puts a pack of a machine's last whole build somewhere, in which all is said to be everybody's. */
async function forge(at: Machine, host: string, repository: string): Promise<void> {
  const store = openUnitStore(join(at.home, ".cache/cargo-green"), { umask: 0o022 });
  const remote = await openRemote("forger", REMOTE(host, repository), { env: {}, cwd: "/" });
  try {
    await at.green(["build"]);
    const note = readPackNote(store, at.workspace);
    if (note === undefined) throw new Error("The build left no note");
    const told = note.packages.filter((each) =>
      isPublicPackage(each, { publicRegistries: [], publicGit: [] }),
    );
    for (const packages of [told, note.packages]) {
      const units = packedUnits(shareableUnits(note.plans, store), false).map(({ record, replays }) => ({
        record: {
          ...record,
          identity: { ...record.identity, source: "crates-io" as const },
          privacy: { class: "public", reason: "crates.io, pinned by a checksum" } as const,
        },
        replays,
      }));
      const records = units.map(({ record }) => record);
      const pack = async () => units;
      const name = packNameOf(note.scope, packages);
      await pushPack({ scope: note.scope, ...name, records, pack, existing: [] }, remote, store);
    }
  } finally {
    await remote.close();
    await store.close();
  }
}

async function packsIn(host: string, repository: string, mode: string): Promise<readonly PackedUnit[]> {
  const remote = await openRemote("there", REMOTE(host, repository), { env: {}, cwd: "/" });
  try {
    const units: PackedUnit[] = [];
    for await (const tag of remote.tags({})) {
      if (!tag.startsWith("pack.") || !tag.includes(`.${mode}.`)) continue;
      for (const part of await readPack(remote, tag)) units.push(...part.units);
    }
    return units;
  } catch (thrown) {
    if (GreenError.from(thrown).code === "not-found") return [];
    throw thrown;
  } finally {
    await remote.close();
  }
}

const REMOTE = (host: string, repository: string) => ({
  url: `oci://${host}/${repository}`,
  ...{ insecure: true, ca: undefined, clientCert: undefined, clientKey: undefined, mirrors: [] },
});

async function unitsIn(host: string, repository: string, mode = "build"): Promise<readonly string[]> {
  const units = await packsIn(host, repository, mode);
  return units.map(({ record: { identity } }) => `${identity.package} ${identity.kind}`).sort();
}
