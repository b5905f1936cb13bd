// SPDX-License-Identifier: MIT OR Apache-2.0
import { hash } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeRegistry, startFakeRegistry } from "../support/fake-registry.ts";
import { WORKSPACE_UNITS, workspace } from "../support/projects.ts";
import { PLAIN, REPLAYS, Sandbox } from "../support/sandbox.ts";
import { describeWith } from "../support/services/needs.ts";
import { type Registry, startRegistry } from "../support/services.ts";

interface RemoteUnit {
  readonly package: string;
  readonly instance: string;
  readonly key: string;
  readonly size: number;
  readonly privacy: { readonly class: string };
  readonly place: { readonly kind: "image" | "pack"; readonly tag: string; readonly digest: string };
}
interface RemoteList {
  readonly remote: { readonly name: string; readonly visibility: string };
  readonly units: readonly RemoteUnit[];
  readonly more: boolean;
}

function settings(sandbox: Sandbox, remotes: Readonly<Record<string, string>>): void {
  const tables = Object.entries(remotes).map(
    ([name, url]) => `[remotes.${name}]\nurl = "${url}"\nvisibility = "private"\n`,
  );
  writeFileSync(join(sandbox.cargoHome, "green.toml"), tables.join("\n"));
}

/** The variables of another machine: with a store of its own, but crates.io in the same place. */
const elsewhere = (sandbox: Sandbox, name: string) => ({
  CARGOGREEN_CACHE_DIR: sandbox.path(`store-${name}`),
});

const list = async (sandbox: Sandbox, ...args: string[]) =>
  (await sandbox.cacheJson(["ls", ...args])) as RemoteList;
const packages = ({ units }: { readonly units: readonly { readonly package: string }[] }) =>
  units.map((unit) => unit.package).sort();

/** Pushes and reads as other programs do. */
async function request(
  { url }: Pick<Registry, "url">,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const response = await fetch(`${url}/v2/${path}`, init);
  if (!response.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${response.status}`);
  return response;
}

/** Lets another tag, which is not ours, lead to what a tag leads to. */
async function retag(registry: Registry, repository: string, from: string, to: string): Promise<void> {
  const type = "application/vnd.oci.image.manifest.v1+json";
  const found = await request(registry, `${repository}/manifests/${from}`, { headers: { accept: type } });
  await request(registry, `${repository}/manifests/${to}`, {
    ...{ method: "PUT", headers: { "content-type": type }, body: await found.bytes() },
  });
}

async function tagsOf(registry: Registry, repository: string): Promise<readonly string[]> {
  const { tags } = (await (await request(registry, `${repository}/tags/list`)).json()) as {
    readonly tags: readonly string[] | null;
  };
  return tags ?? [];
}

describeWith(PLAIN ? [] : ["docker-registry"], "a registry that deletes, through `cargo green cache`", () => {
  let sandbox: Sandbox;
  let project: string;
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry({ version: "2.8" });
    sandbox = new Sandbox();
    const at = `oci://${registry.host}`;
    settings(sandbox, { team: `${at}/rust/cache`, other: `${at}/rust/other`, core_lib: `${at}/rust/core` });
    project = workspace(sandbox, "project");
    await sandbox.green(["build"], { in: project });
    await sandbox.cache(["push", "team"], { in: project });
    await sandbox.cache(["push", "team", "answer", "generated"], { in: project });
  });
  afterAll(async () => {
    sandbox.dispose();
    await registry.close();
  });

  it("ls: lists units of packs and images, selected and filtered as here", async () => {
    const all = await list(sandbox, "team");
    expect(all.remote).toEqual({
      name: "team",
      url: `oci://${registry.host}/rust/cache`,
      visibility: "private",
    });
    expect(all.units).toHaveLength(WORKSPACE_UNITS);
    expect(new Set(all.units.map(({ place }) => place.kind))).toEqual(new Set(["image", "pack"]));
    expect(packages(await list(sandbox, "team", "leaf", "answer"))).toEqual(["answer", "leaf"]);
    expect(packages(await list(sandbox, "leaf@^1", "team", "--kind", "lib"))).toEqual(["leaf"]);
    expect(packages(await list(sandbox, "team", "--rustc", "<1.2"))).toEqual([]);
    expect(packages(await list(sandbox, "team", "--public"))).toEqual([]);
    const { units, more } = await list(sandbox, "team", "--limit", "2");
    expect([units.length, more]).toEqual([2, true]);
    const bySize = (await list(sandbox, "team", "--sort", "size")).units.map(({ size }) => size);
    expect(bySize).toEqual([...bySize].sort((a, b) => b - a));
    const { stdout } = await sandbox.cache(["ls", "team", "leaf"]);
    expect(stdout).toMatch(/^CRATE +VERSION +KIND .* IN +KEY$/m);
    expect(stdout).toMatch(/^leaf +1\.0\.0 +lib .* private +pack +[0-9a-f]{8}$/m);
    expect(stdout).toMatch(/^1 unit · /m);
  });

  it("an argument that is a remote's name is the remote, and a crate of that name is written out", async () => {
    expect(packages(await list(sandbox, "core_lib"))).toEqual([]);
    expect(packages(await list(sandbox, "pkg:cargo/core_lib@1.0.0", "team"))).toEqual(["core_lib"]);
    const both = await sandbox.cache(["ls", "team", "other"], { expect: 2 });
    expect(both.stderr).toMatch(/Several remotes are named/);
    const unknown = await sandbox.cache(["verify", "taem"], { expect: 2 });
    expect(unknown.stderr).toMatch(/There is no remote "taem"\n.*did you mean "team"/);
    const local = await sandbox.cache(["ls", "team", "--unused-since", "7d"], { expect: 2 });
    expect(local.stderr).toMatch(/--unused-since does not go with a remote/);
  });

  it("show: tells all of a unit, and all the places that it is in", async () => {
    const { units } = (await sandbox.cacheJson(["show", "team", "answer"])) as {
      readonly units: readonly { readonly inputs: object; readonly places: readonly RemoteUnit["place"][] }[];
    };
    expect(units).toHaveLength(1);
    expect(units[0]?.places.map(({ kind }) => kind).sort()).toEqual(["image", "pack"]);
    expect(Object.keys(units[0]?.inputs ?? {})).toContain("rustc");
    const { stdout } = await sandbox.cache(["show", "team", "answer"]);
    expect(stdout).toMatch(/^answer 1\.0\.0 \(proc-macro\)$/m);
    expect(stdout).toMatch(/^ {2}in$/m);
    await sandbox.cache(["show", "team", "nothing"], { expect: 4 });
  });

  it("stats: counts each unit once", async () => {
    const stats = (await sandbox.cacheJson(["stats", "team"])) as {
      readonly total: { readonly units: number };
      readonly packs: number;
      readonly images: number;
    };
    expect(stats).toMatchObject({ total: { units: WORKSPACE_UNITS }, packs: 1, images: 4 });
    expect((await sandbox.cache(["stats", "team"])).stdout).toMatch(/^all +\d+ /m);
  });

  it("verify: finds what is gone, and push --force repairs it", async () => {
    expect((await sandbox.cache(["verify", "team", "--deep"])).stdout).toMatch(/all sound/);
    const { units } = await list(sandbox, "team");
    const image = units.find(({ place }) => place.kind === "image")?.place;
    const type = "application/vnd.oci.image.manifest.v1+json";
    const found = await request(registry, `rust/cache/manifests/${image?.digest}`, {
      headers: { accept: type },
    });
    const { layers } = (await found.json()) as { readonly layers: readonly { readonly digest: string }[] };
    const hex = layers[0]?.digest.slice("sha256:".length) ?? "";
    const blob = readdirSync(registry.data, { recursive: true, encoding: "utf8" }).find((path) =>
      path.endsWith(`${hex}/data`),
    );
    rmSync(join(registry.data, blob ?? "nothing"));
    const broken = await sandbox.cache(["verify", "team"], { expect: 5 });
    expect(broken.stdout).toMatch(/^missing .*is not there/m);
    expect(broken.stdout).toMatch(/push --force/);
    await sandbox.cache(["push", "team", "answer", "generated", "--force"], { in: project });
    expect((await sandbox.cache(["verify", "team", "--deep"])).stdout).toMatch(/all sound/);
  });

  it("copy: takes everything to another repository, once, and selected units as images", async () => {
    const copied = await sandbox.cache(["copy", "team", "other"]);
    expect(copied.stdout).toMatch(/^7 units: 7 to copy \(.*\)\n$/);
    expect(packages(await list(sandbox, "other"))).toEqual(packages(await list(sandbox, "team")));
    expect((await sandbox.cache(["verify", "other", "--deep"])).stdout).toMatch(/all sound/);
    expect((await sandbox.cache(["copy", "team", "other"])).stdout).toBe(
      "7 units: nothing to copy, 7 there\n",
    );
    const layout = `oci-layout:${sandbox.path("copied.tar")}`;
    const refused = await sandbox.cache(["copy", "team", layout, "leaf"], { expect: 2 });
    expect(refused.stderr).toMatch(/is private, and everybody can read/);
  });

  it("rm: takes a unit out of images and packs, asks first, and leaves what others tagged", async () => {
    const { units } = await list(sandbox, "team", "generated", "--kind", "build-script");
    const tag = units.find(({ place }) => place.kind === "image")?.place.tag ?? "";
    await retag(registry, "rust/cache", tag, "stable");
    const asked = await sandbox.cache(["rm", "answer", "team"], { expect: 2 });
    expect(asked.stderr).toMatch(/no terminal to ask on/);
    const planned = await sandbox.cache(["rm", "answer", "team", "--dry-run"]);
    expect(planned.stdout).toMatch(
      /answer 1\.0\.0 \(proc-macro\).*\n.*\nWould remove 1 unit \(.*\) from team/,
    );
    const removed = await sandbox.cache(["rm", "answer", "team", "--yes"]);
    expect(removed.stdout).toMatch(/^Removed 1 unit from team, 1 pack written anew$/m);
    expect(packages(await list(sandbox, "team"))).not.toContain("answer");
    const kept = await sandbox.cache(["rm", "generated", "--kind", "build-script", "team", "--yes"]);
    expect(kept.stdout).toMatch(/Kept what tags of others lead to: "stable"/);
    expect(await tagsOf(registry, "rust/cache")).toEqual(expect.arrayContaining(["stable", tag]));
    expect((await sandbox.cache(["verify", "team", "--deep"])).stdout).toMatch(/all sound/);
  });

  it("what is left of a pack still replays", async () => {
    const there = sandbox.checkout(project, "elsewhere");
    const env = elsewhere(sandbox, "elsewhere");
    await sandbox.cache(["pull", "team"], { in: there, env });
    // The other repository has all of it.
    const { compiled } = await sandbox.green(["build"], {
      in: there,
      env: { ...env, CARGOGREEN_FETCH: "off" },
    });
    expect(compiled).toContain("answer");
    expect(compiled).not.toContain("leaf");
  });

  it("prune: removes by limits, nothing that others tagged", async () => {
    await sandbox.cache(["prune", "team"], { expect: 2 });
    await sandbox.cache(["prune", "--older-than", "1d"], { expect: 2 });
    expect((await sandbox.cache(["prune", "team", "--older-than", "1d", "-n"])).stdout).toBe(
      "Nothing to remove\n",
    );
    const planned = await sandbox.cache(["prune", "team", "--rustc", ">=1", "--dry-run"]);
    expect(planned.stdout).toMatch(/^ {2}pack {2}pack\./m);
    expect(planned.stdout).toMatch(/Would remove 1 pack and 3 images/);
    const pruned = (await sandbox.cacheJson(["prune", "team", "--rustc", ">=1", "--yes"])) as object;
    expect(pruned).toMatchObject({ removed: true, packs: 1, images: 2, left: 0, keptFor: ["stable"] });
    const left = await tagsOf(registry, "rust/cache");
    expect(left).toHaveLength(2);
    expect(left).toContain("stable");
  });
});

describeWith(PLAIN ? [] : ["docker-registry"], "a registry that does not delete", () => {
  let sandbox: Sandbox;
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry({ version: "2.8", delete: false });
    sandbox = new Sandbox();
    settings(sandbox, { team: `oci://${registry.host}/rust/cache` });
    const project = workspace(sandbox, "project");
    await sandbox.green(["build"], { in: project });
    await sandbox.cache(["push", "team"], { in: project });
    await sandbox.cache(["push", "team", "answer"], { in: project });
  });
  afterAll(async () => {
    sandbox.dispose();
    await registry.close();
  });

  it("rm and prune say how much is left, and the way out", async () => {
    const removed = await sandbox.cache(["rm", "answer", "team", "--yes"], { expect: 10 });
    expect(removed.stdout).toMatch(
      /^Removed 0 units from team, 1 pack written anew\nLeft 1 unit: .+ \(.+\)\n$/,
    );
    expect((await list(sandbox, "team", "answer")).units.map(({ place }) => place.kind)).toEqual(["image"]);
    const pruned = (await sandbox.cacheJson(["prune", "team", "--rustc", ">=1", "--yes"], {
      expect: 10,
    })) as object;
    expect(pruned).toMatchObject({ packs: 0, images: 0, left: 2, refusal: { hint: expect.any(String) } });
    expect((await sandbox.cache(["verify", "team", "--deep"])).stdout).toMatch(/all sound/);
  });
});

describe.skipIf(PLAIN)("directories and tar files", () => {
  let sandbox: Sandbox;
  let project: string;
  beforeAll(async () => {
    sandbox = new Sandbox();
    project = workspace(sandbox, "project");
    await sandbox.green(["build"], { in: project });
  });
  afterAll(() => sandbox.dispose());

  it.each(["exported", "exported.tar"])("export and import: another machine builds from %s", async (name) => {
    const place = sandbox.path(name);
    const without = await sandbox.cache(["export", place], { in: project });
    expect(without.stdout).toBe("7 units: nothing to export, 7 private (see --dry-run)\n");
    const planned = await sandbox.cache(["export", place, "--include-private", "--dry-run"], { in: project });
    expect(planned.stdout).toMatch(/\(private\)\n {2}7 units: 7 to export \(.*\)\n$/);
    await sandbox.cache(["export", place, "--include-private"], { in: project });
    const env = elsewhere(sandbox, name);
    const refused = await sandbox.cache(["import", place], { env });
    expect(refused.stdout).toMatch(/^7 units: nothing to import, 7 private/);
    const imported = await sandbox.cache(["import", place, "--include-private"], { env });
    expect(imported.stdout).toMatch(/^7 units: 7 to import/);
    const again = await sandbox.cache(["import", place, "--include-private"], { env });
    expect(again.stdout).toBe("7 units: nothing to import, 7 here\n");
    const { compiled } = await sandbox.green(["build"], {
      in: sandbox.checkout(project, `from-${name}`),
      env,
    });
    expect(compiled).toEqual([]);
  });

  it("export of selected units: they are images there, and replay elsewhere", async () => {
    const place = sandbox.path("selected");
    await sandbox.cache(["export", place, "leaf", "answer", "--include-private"]);
    const { units } = await list(sandbox, `oci-layout:${place}`);
    expect(units.map((unit) => `${unit.package} ${unit.place.kind}`)).toEqual(["answer image", "leaf image"]);
    const env = elsewhere(sandbox, "selected");
    await sandbox.cache(["import", place, "--include-private"], { env });
    const { compiled, summary } = await sandbox.green(["build"], {
      in: sandbox.checkout(project, "few"),
      env,
    });
    expect(compiled).toEqual(["app", "build_script_build", "core_lib", "generated"]);
    expect(summary).toMatchObject(REPLAYS ? { replayed: 2 } : { restored: 2 });
  });

  it("pull of selected units takes those alone", async () => {
    const place = sandbox.path("pulled");
    await sandbox.cache(["export", place, "--include-private"], { in: project });
    settings(sandbox, { team: `oci-layout:${place}` });
    const env = elsewhere(sandbox, "pulled");
    expect((await sandbox.cache(["pull", "team", "leaf"], { env })).stdout).toMatch(
      /^1 unit: 1 to pull \(.*\)\n$/,
    );
    expect(packages((await sandbox.cacheJson(["ls"], { env })) as RemoteList)).toEqual(["leaf"]);
  });
});

describe.skipIf(PLAIN)("a repository of 10,000 tags", () => {
  const TAGS = 10_000;
  let sandbox: Sandbox;
  let registry: FakeRegistry;
  beforeAll(async () => {
    registry = await startFakeRegistry({ maxPage: 1000 });
    sandbox = new Sandbox();
    settings(sandbox, { many: `oci://${registry.host}/rust/cache` });
    const project = workspace(sandbox, "project");
    await sandbox.green(["build"], { in: project });
    await sandbox.cache(["push", "many", "leaf"]);
    const [[tag, digest] = ["", ""]] = registry.repository("rust/cache").tags;
    await sandbox.cache(["push", "many"], { in: project });
    const { tags, manifests } = registry.repository("rust/cache");
    const manifest = manifests.get(digest);
    for (let at = 0; at < TAGS; at++) {
      const crate = `crate-${String(at % 100).padStart(2, "0")}`;
      const key = at.toString(16).padStart(16, "0");
      const text = manifest?.bytes
        .toString()
        .replace(/(instance":")[0-9a-f]{16}/, `$1${key}`)
        .replace(/(\.crate":")leaf/, `$1${crate}`);
      const bytes = Buffer.from(text ?? "");
      const name = `sha256:${hash("sha256", bytes)}`;
      manifests.set(name, { type: manifest?.type ?? "", bytes });
      tags.set(tag.replace(/^leaf/, crate).replace(/[0-9a-f]{16}$/, key), name);
    }
  });
  afterAll(async () => {
    sandbox.dispose();
    await registry.close();
  });

  const asked = async (...args: string[]) => {
    const before = registry.requests.length;
    const { units } = await list(sandbox, "many", ...args);
    const paths = registry.requests.slice(before).map(({ path }) => path);
    const count = (kind: string) => paths.filter((path) => path.includes(`/${kind}/`)).length;
    return { units: units.length, tags: count("tags"), manifests: count("manifests") };
  };

  it("is asked for what a selection can mean, and for no more than is listed", async () => {
    expect(await asked("--limit", "1")).toMatchObject({ units: 1, tags: 1 });
    expect((await asked("--limit", "1")).manifests).toBeLessThanOrEqual(10);
    // Once to see that they are sorted, then those that begin with hashes, the crate's name and packs' prefix.
    expect(await asked("leaf")).toEqual({ units: 1, tags: 4, manifests: 2 });
    // A pack may be of several targets.
    expect(await asked("--target", "wasm32-wasip1")).toEqual({ units: 0, tags: 11, manifests: 1 });
  });
});
