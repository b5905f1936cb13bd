// SPDX-License-Identifier: MIT OR Apache-2.0
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type OwnEngine, startOwnBuildkit } from "../support/engines/own-engine.ts";
import { describeWithEngines } from "../support/engines.ts";
import { dependsOn, manifest } from "../support/projects.ts";
import { download } from "../support/registry.ts";
import { withScript } from "../support/replay-project.ts";
import { type Build, Sandbox } from "../support/sandbox.ts";
import { describeWith } from "../support/services/needs.ts";
import { type Registry, type S3Server, startRegistry, startS3 } from "../support/services.ts";

interface CachedUnit {
  readonly package: string;
  readonly kind: string;
  readonly cache?: string;
  readonly keys: readonly string[];
  readonly privacy?: { readonly class: string };
  readonly rustc: string;
  readonly command?: string;
  readonly created: string;
}
interface Listing {
  readonly units: readonly CachedUnit[];
  readonly matched: { readonly units: number };
}

const UNITS = [
  "app bin",
  "core_lib lib",
  "opengen build-script",
  "opengen build-script-run",
  "opengen lib",
  "openleaf lib",
];
const PUBLIC_UNITS = UNITS.filter((unit) => unit.startsWith("open"));

const names = ({ units }: Listing) => units.map((unit) => `${unit.package} ${unit.kind}`).sort();

/** With the compiler that everybody has: the one that counts is one's own, and so is what it compiles. */
class BuilderSandbox extends Sandbox {
  override env(changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
    return super.env({ RUSTC: undefined, ...changes });
  }
}

describeWithEngines(["buildkit", "docker"], "on a builder", ({ image, docker }) => {
  describeWith(["registry", "versitygw"], "what BuildKit keeps of a build", () => {
    let registry: Registry;
    let bucket: S3Server;
    let repository: string;
    let engine: OwnEngine;
    let sandbox: BuilderSandbox;
    let project: string;
    let cold: Build;

    beforeAll(async () => {
      registry = await startRegistry({ version: "v3" });
      repository = `${registry.host}/team/caches`;
      bucket = await startS3();
      engine = await startOwnBuildkit();
      sandbox = new BuilderSandbox({
        env: {
          BUILDKIT_HOST: engine.host,
          CARGOGREEN_BASE_IMAGE: image.reference,
          CARGOGREEN_RUNNER: "buildkit",
          CARGOGREEN_SANDBOX: "prefer",
          AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
        },
      });
      writeFileSync(join(sandbox.cargoHome, "config.toml"), "");
      // The docker engine is everybody's, and has not seen these.
      const nonce = `// ${crypto.randomUUID()}\n`;
      download(sandbox.cargoHome, {
        "Cargo.toml": manifest("openleaf"),
        "src/lib.rs": `${nonce}pub fn word() -> &'static str { "leaf" }\n`,
      });
      download(sandbox.cargoHome, {
        "Cargo.toml": withScript("opengen"),
        "build.rs": `${nonce}fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    std::fs::write(format!("{}/word.rs", std::env::var("OUT_DIR").unwrap()), "\\"generated\\"").unwrap();
}
`,
        "src/lib.rs": `${nonce}pub const WORD: &str = include!(concat!(env!("OUT_DIR"), "/word.rs"));\n`,
      });
      project = sandbox.project("project", {
        "Cargo.toml": `[workspace]\nmembers = ["core_lib"]\n\n${manifest(
          "app",
          `[dependencies]\ncore_lib = { path = "core_lib" }\nopenleaf = "1"\n`,
        )}`,
        "src/main.rs": `fn main() { println!("{} {}", openleaf::word(), core_lib::WORD); }\n`,
        "core_lib/Cargo.toml": manifest("core_lib", dependsOn("opengen")),
        "core_lib/src/lib.rs": "pub use opengen::WORD;\n",
      });
      const caches = [
        `type=registry,ref=${repository}:team,mode=max,visibility=private`,
        `type=registry,ref=${repository}:world,mode=max`,
        `type=local,dest=${sandbox.path("cache")}`,
        `${inBucket()},visibility=private`,
      ];
      const env = { CARGOGREEN_CACHE_TO: caches.join(" ") };
      cold = await sandbox.green(["build"], { in: project, env });
    });
    afterAll(async () => {
      sandbox?.dispose();
      await engine?.close();
      await registry?.close();
      await bucket?.close();
    });

    const list = async (...args: string[]) =>
      (await sandbox.cacheJson(["ls", "--buildkit", ...args])) as Listing;
    /** With a store that has nothing, in another terminal. */
    const build = async (directory: string, more: Readonly<Record<string, string | undefined>>) => {
      const env = {
        CARGOGREEN_CACHE_DIR: sandbox.path(`store-${crypto.randomUUID()}`),
        TERMINAL_OF_SOMEBODY: crypto.randomUUID(),
        ...more,
      };
      const built = await sandbox.green(["build"], { in: directory, env });
      expect(built.summary).toMatchObject({ built: UNITS.length });
      return built;
    };
    /** Units that the builder ran: what it has from a cache has no command. */
    const ran = async () => {
      const all = ["show", "--buildkit", "--limit", "9", "--rustc", "*"];
      const { units, matched } = (await sandbox.cacheJson(all)) as Listing;
      return names({ units: units.filter(({ command }) => command !== undefined), matched });
    };
    const remote = () => `oci://${repository}`;
    const folder = () => `s3://${bucket.bucket}/caches?region=${bucket.region}&endpoint=${bucket.endpoint}`;
    const inBucket = () =>
      `type=s3,bucket=${bucket.bucket},region=${bucket.region},endpoint_url=${bucket.endpoint},prefix=caches/,use_path_style=true`;

    it("is exported as the settings say, and to everybody only what everybody may see", async () => {
      expect(cold.summary).toMatchObject({ built: UNITS.length });
      expect(cold.stderr).toContain(`exported 6 units to the cache "${repository}:team"\n`);
      expect(cold.stderr).toContain(
        `exported 4 units to the cache "${repository}:world"; 2 others may not be seen by everybody\n`,
      );
      expect(cold.stderr).toContain(`exported 6 units to the cache "${sandbox.path("cache")}"\n`);
    });

    it("is listed as units, on the builder and in caches, with the keys that they have here", async () => {
      const built = await list();
      expect(names(built)).toEqual(UNITS);
      expect(new Set(built.units.map(({ rustc }) => rustc))).toEqual(new Set([image.rustc]));
      const local = (await sandbox.cacheJson(["ls"])) as { units: { key: string; privacy: object }[] };
      expect(built.units.flatMap(({ keys }) => keys).sort()).toEqual(
        local.units.map(({ key }) => key).sort(),
      );
      expect(await list("--public")).toMatchObject({ matched: { units: PUBLIC_UNITS.length } });
      const exported = await list(remote());
      const inCache = (name: string) =>
        names({ ...exported, units: exported.units.filter((each) => each.cache === name) });
      expect([inCache("team"), inCache("world")]).toEqual([UNITS, PUBLIC_UNITS]);
      expect(names(await list(`oci-layout:${sandbox.path("cache")}`))).toEqual(UNITS);
      expect(names(await list(folder()))).toEqual(UNITS);
    });

    it("is removed by selectors, and by nobody who only asks what would be", async () => {
      const planned = await sandbox.cache(["rm", "--buildkit", "opengen@1", "--kind", "lib", "--dry-run"]);
      expect(planned.stdout).toMatch(/^ {2}opengen 1\.0\.0 \(lib\) {2}.*\nWould remove 1 unit/);
      expect((await list()).matched.units).toBe(UNITS.length);
      const refused = await sandbox.cache(["rm", "--buildkit", "opengen"], { expect: 2 });
      expect(refused.stderr).toContain("There is no terminal to ask on");
      await sandbox.cache(["rm", "--buildkit", "opengen", "--kind", "lib", "--yes"]);
      expect(names(await list())).toEqual(UNITS.filter((unit) => unit !== "opengen lib"));
      const none = await sandbox.cache(["rm", "--buildkit", "opengen", "--rustc", "<1.0", "--yes"]);
      expect(none.stdout).toBe("Nothing to remove\n");
      expect(none.stderr).toContain(`matches "opengen"`);
    });

    it("is pruned together with the sources that were sent for it, and nothing of others is", async () => {
      const before = await sandbox.cacheJson(["stats", "--buildkit"]);
      expect(before).toMatchObject({ units: { number: UNITS.length - 1 } });
      const { others } = before as { others: { number: number } };
      expect(others.number).toBeGreaterThan(0);
      await sandbox.cache(["prune", "--buildkit", "--keep-size", "0B", "--yes"]);
      expect(await sandbox.cacheJson(["stats", "--buildkit"])).toMatchObject({
        ...{ units: { number: 0 }, sources: { number: 0 }, others },
      });
    });

    const from = {
      "a registry": () => `type=registry,ref=${repository}:team`,
      "a directory": () => `type=local,src=${sandbox.path("cache")}`,
      "a bucket": inBucket,
    };
    it.each(Object.keys(from) as (keyof typeof from)[])(
      "is taken from %s by a builder that has nothing, and needs no compiler",
      async (place) => {
        const elsewhere = sandbox.checkout(project, `elsewhere/${place}`);
        await build(elsewhere, { CARGOGREEN_CACHE_FROM: from[place]() });
        const app = join(elsewhere, "target/debug/app");
        expect(await sandbox.run([app], { in: elsewhere })).toBe("leaf generated\n");
        expect(await ran()).toEqual([]);
        await sandbox.cache(["prune", "--buildkit", "--keep-size", "0B", "--yes"]);
      },
    );

    it("is taken by docker's BuildKit, too, and what cannot be read is told", async () => {
      const missing = `${repository}:missing`;
      const since = new Date().toISOString();
      const built = await build(sandbox.checkout(project, "docker"), {
        CARGOGREEN_CACHE_FROM: `${from["a registry"]()} ${missing}`,
        BUILDKIT_HOST: undefined,
        DOCKER_HOST: docker.host,
      });
      expect(built.stderr).toContain(`the builder could not read the cache "${missing}": `);
      const shown = await sandbox.cache(
        ["show", "--buildkit", "app", "core_lib", "opengen", "openleaf", "--limit", "99", "--json"],
        { env: { BUILDKIT_HOST: undefined, DOCKER_HOST: docker.host } },
      );
      const { units } = JSON.parse(shown.stdout) as Listing;
      const taken = units.filter(({ command }) => command === undefined);
      expect(names({ units: taken, matched: { units: 0 } })).toEqual(UNITS);
      const ran = units.filter(({ command, created }) => command !== undefined && created > since);
      expect(ran).toEqual([]);
    });

    it("leaves a cache that builders still understand when some of it is removed", async () => {
      const removed = await sandbox.cacheJson(["rm", "--buildkit", remote(), "opengen", "--yes"]);
      expect(removed).toMatchObject({ removed: true, gone: 6, left: 0 });
      expect(names(await list(remote())).filter((unit) => unit.startsWith("opengen"))).toEqual([]);
      await build(sandbox.checkout(project, "again"), { CARGOGREEN_CACHE_FROM: from["a registry"]() });
      expect(await ran()).toEqual(UNITS.filter((unit) => unit.startsWith("opengen")));
    });

    it("is exported as well by who has all of it already, in another terminal", async () => {
      const cache = `type=registry,ref=${registry.host}/other/caches:warm,visibility=private`;
      const warm = await build(sandbox.checkout(project, "warm"), { CARGOGREEN_CACHE_TO: cache });
      expect(warm.stderr).toContain("exported 6 units to the cache");
      expect(names(await list(`oci://${registry.host}/other/caches`))).toEqual(UNITS);
    });

    it("is gone from a remote with its last unit", async () => {
      for (const place of [remote(), folder(), `oci-layout:${sandbox.path("cache")}`]) {
        await sandbox.cache(["prune", "--buildkit", place, "--older-than", "0s", "--yes"]);
        expect(await list(place)).toMatchObject({ units: [] });
      }
      const refused = await sandbox.cache(["prune", "--buildkit", remote(), "--unused-since", "1d"], {
        expect: 2,
      });
      expect(refused.stderr).toContain("--unused-since does not go with --buildkit here");
    });
  });
});
