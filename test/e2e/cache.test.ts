// SPDX-License-Identifier: MIT OR Apache-2.0
import { chmodSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { edit } from "../support/files.ts";
import { WORKSPACE_LINE, WORKSPACE_UNITS, workspace } from "../support/projects.ts";
import { PLAIN, Sandbox } from "../support/sandbox.ts";

interface UnitJson {
  readonly package: string;
  readonly version: string;
  readonly kind: string;
  readonly profile: string;
  readonly triple: string;
  readonly rustc: string;
  readonly key: string;
  readonly size: number;
  readonly pinned: boolean;
  readonly privacy: { readonly class: string; readonly reason: string };
}
interface ListJson {
  readonly schema: number;
  readonly units: readonly UnitJson[];
  readonly matched: { readonly records: number; readonly size: number; readonly sizeOnDisk: number };
}

async function list(sandbox: Sandbox, ...args: string[]): Promise<readonly UnitJson[]> {
  return ((await sandbox.cacheJson(["ls", ...args])) as ListJson).units;
}

describe.skipIf(PLAIN)("cargo green cache, reading", () => {
  let sandbox: Sandbox;
  let project: string;
  beforeAll(async () => {
    sandbox = new Sandbox();
    project = workspace(sandbox, "project");
    await sandbox.green(["build"], { in: project });
    await sandbox.green(["test", "--no-run", "--workspace"], { in: project });
    await sandbox.green(["build", "--release"], { in: project });
    await sandbox.green(["build"], { in: sandbox.checkout(project, "nightly"), toolchain: "+nightly" });
  });
  afterAll(() => sandbox.dispose());

  it("ls: lists what was built, once, with its identity", async () => {
    const units = await list(sandbox, "--rustc", "1.95", "--profile", "debug");
    const names = units.map((unit) => `${unit.package} ${unit.kind}`).sort();
    expect(names).toEqual([
      "answer proc-macro",
      "app bin",
      "app test",
      "core_lib lib",
      "core_lib test",
      "generated build-script",
      "generated build-script-run",
      "generated lib",
      "leaf lib",
    ]);
    const text = (await sandbox.cache(["ls", "leaf", "--profile", "debug", "--rustc", "1.95"])).stdout;
    expect(text).toMatch(/^CRATE +VERSION +KIND .* KEY$/m);
    expect(text).toMatch(/^leaf +1\.0\.0 +lib .* debug +1\.95\.0 .* [0-9a-f]{8,}$/m);
    expect(text).toMatch(/^1 unit · /m);
  });

  it.for([
    [["leaf"], (unit: UnitJson) => unit.package === "leaf"],
    [["leaf@^1.0"], (unit: UnitJson) => unit.package === "leaf"],
    [["leaf@^2"], () => false],
    [["pkg:cargo/leaf@1.0.0"], (unit: UnitJson) => unit.package === "leaf"],
    [["leaf", "answer"], (unit: UnitJson) => ["leaf", "answer"].includes(unit.package)],
    [["--profile", "release"], (unit: UnitJson) => unit.profile === "release"],
    [["--kind", "build-script-run"], (unit: UnitJson) => unit.kind === "build-script-run"],
    [["--rustc", ">=1.96"], (unit: UnitJson) => unit.rustc.includes("nightly")],
    [["--private"], (unit: UnitJson) => unit.privacy.class === "private"],
    [["--public"], (unit: UnitJson) => unit.privacy.class === "public"],
    [["--larger-than", "100kB"], (unit: UnitJson) => unit.size > 100_000],
    [["--unused-since", "7d"], () => false],
  ] as const)("ls %j: selects what it says, all of it and nothing else", async ([args, selects]) => {
    const all = await list(sandbox);
    const keys = (units: readonly UnitJson[]) => units.map((unit) => `${unit.key} ${unit.rustc}`).sort();
    expect(keys(await list(sandbox, ...args))).toEqual(keys(all.filter(selects)));
  });

  it("ls: sorts, limits, and counts all that matched", async () => {
    const sorted = (await sandbox.cacheJson(["ls", "--sort", "size", "--limit", "3"])) as ListJson;
    const sizes = sorted.units.map((unit) => unit.size);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes).toHaveLength(3);
    expect(sorted.matched.records).toBe((await list(sandbox)).length);
  });

  it("records why a unit is private: path packages, and what depends on them", async () => {
    const units = await list(sandbox, "--rustc", "1.95", "--profile", "debug");
    const reasons = Object.fromEntries(units.map((unit) => [`${unit.package} ${unit.kind}`, unit.privacy]));
    expect(reasons["core_lib lib"]).toMatchObject({ class: "private", reason: "path package" });
    expect(reasons["app bin"]?.class).toBe("private");
    // Nothing is public that did not run in a sandbox; a reason is always given.
    for (const unit of units) expect(unit.privacy.reason, unit.package).not.toBe("");
  });

  it("show: tells everything of a unit, by name and by key", async () => {
    const [leaf] = await list(sandbox, "leaf", "--profile", "release");
    const byKey = (await sandbox.cache(["show", leaf?.key.slice(0, 12) ?? ""])).stdout;
    expect(byKey).toContain("leaf");
    expect(byKey).toContain("1.0.0");
    expect(byKey).toContain("release");
    const json = (await sandbox.cacheJson(["show", "generated", "--kind", "build-script-run"])) as {
      units: { outputs: { path: string }[] }[];
    };
    expect(json.units[0]?.outputs.map((output) => output.path)).toContain("word.rs");
    await sandbox.cache(["show", "no-such-crate"], { expect: 4 });
  });

  it("stats: adds up", async () => {
    const stats = (await sandbox.cache(["stats"])).stdout;
    expect(stats).toContain(`${(await list(sandbox)).length}`);
    expect(await sandbox.cacheJson(["stats"])).toMatchObject({ schema: 1 });
  });

  it("verify: finds all sound, and rebuilds units to the same bytes", async () => {
    expect((await sandbox.cache(["verify"])).stdout).toContain("all sound");
    const rebuilt = (await sandbox.cacheJson(["verify", "--rebuild", "6"])) as {
      sound: boolean;
      rebuilt: { outcome: string }[];
    };
    expect(rebuilt.sound).toBe(true);
    expect(rebuilt.rebuilt).toHaveLength(6);
    expect(rebuilt.rebuilt.filter(({ outcome }) => outcome === "different")).toEqual([]);
    expect(rebuilt.rebuilt.some(({ outcome }) => outcome === "same")).toBe(true);
  });

  it("why: names the inputs that differ, as a person would", async () => {
    const env = { RUSTFLAGS: "-C debug-assertions=no" };
    await sandbox.green(["build"], { in: project, env });
    const why = (await sandbox.cache(["why"], { in: join(project, "src") })).stdout;
    expect(why).toMatch(/was built: (an input|inputs) changed/);
    // Cargo derives its file names from the flags: that they differ is no reason.
    expect(why).not.toContain("extra-filename");
    expect(why).toMatch(/RUSTFLAGS +\(none\) → -C debug-assertions=no/);
    await edit(project, { "core_lib/src/lib.rs": `pub fn line(word: &str) -> String { word.to_owned() }\n` });
    await sandbox.green(["build"], { in: project, env });
    const edited = (await sandbox.cache(["why", "core_lib"], { in: project })).stdout;
    expect(edited).toContain("src/lib.rs");
    expect(edited).not.toContain("RUSTFLAGS");
    await sandbox.cache(["why", "leaf"], { in: project, expect: 4 });
  });

  it("answers nonsense with a usage error and a hint, on stderr", async () => {
    for (const args of [
      ["ls", "--kind", "nonsense"],
      ["ls", "--rustc", "not a range"],
      ["ls", "--larger-than", "big"],
      ["prune"],
      ["frobnicate"],
    ]) {
      const said = await sandbox.cache(args, { expect: 2 });
      expect(said.stdout, args.join(" ")).toBe("");
      expect(said.stderr, args.join(" ")).toMatch(/error/i);
      expect(said.stderr, args.join(" ")).not.toMatch(/^\s+at /m);
    }
  });
});

describe.skipIf(PLAIN)("cargo green cache, changing", () => {
  let sandbox: Sandbox;
  let project: string;
  let checkouts = 0;
  beforeEach(async () => {
    sandbox = new Sandbox();
    project = workspace(sandbox, "project");
    await sandbox.green(["build"], { in: project });
  });
  afterEach(() => sandbox.dispose());

  /** Builds elsewhere; names of what was compiled. */
  const rebuild = async () => {
    const directory = sandbox.checkout(project, `checkout-${++checkouts}`);
    const build = await sandbox.green(["build"], { in: directory });
    expect(await sandbox.run(["target/debug/app"], { in: directory })).toBe(`${WORKSPACE_LINE}\n`);
    return build.compiled;
  };

  it("rm: removes what was named after --yes, says what it would with --dry-run, and asks otherwise", async () => {
    const dry = await sandbox.cache(["rm", "leaf", "--dry-run"]);
    expect(dry.stdout).toContain("leaf");
    expect(await list(sandbox)).toHaveLength(WORKSPACE_UNITS);
    await sandbox.cache(["rm", "leaf"], { expect: 2 });
    expect(await list(sandbox)).toHaveLength(WORKSPACE_UNITS);
    await sandbox.cache(["rm", "leaf", "--yes"]);
    expect(await list(sandbox, "leaf")).toEqual([]);
    expect(await list(sandbox)).toHaveLength(WORKSPACE_UNITS - 1);
    // The same bytes come out, so its dependents fit.
    expect(await rebuild()).toEqual(["leaf"]);
    expect(await rebuild()).toEqual([]);
  });

  it("prune: empties the store, but for what is pinned", async () => {
    await sandbox.cache(["pin", "leaf"]);
    expect((await list(sandbox)).filter((unit) => unit.pinned).map((unit) => unit.package)).toEqual(["leaf"]);
    const dry = (await sandbox.cacheJson(["prune", "--keep-size", "0B", "--dry-run"])) as { records: number };
    expect(dry.records).toBe(WORKSPACE_UNITS - 1);
    await sandbox.cache(["prune", "--keep-size", "0B", "--yes"]);
    expect((await list(sandbox)).map((unit) => unit.package)).toEqual(["leaf"]);
    await sandbox.cache(["unpin", "leaf"]);
    await sandbox.cache(["prune", "--unused-since", "0s", "--yes"]);
    expect(await list(sandbox)).toEqual([]);
    expect(await rebuild()).toContain("leaf");
    expect(await rebuild()).toEqual([]);
  });

  it("verify: finds damage, says so by its status, and leaves nothing wrong to be restored", async () => {
    let largest = "";
    for (const entry of readdirSync(join(sandbox.store, "files"), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile() && (largest === "" || statSync(file).size > statSync(largest).size)) largest = file;
    }
    chmodSync(largest, 0o644);
    truncateSync(largest, 100);
    const report = await sandbox.cache(["verify"], { expect: 5 });
    expect(report.stdout).toContain("corrupt");
    expect((await sandbox.cache(["verify"])).stdout).toContain("all sound");
    await rebuild();
    expect(await rebuild()).toEqual([]);
  });

  it("survives the loss of its index, and of its files", async () => {
    for (const name of readdirSync(sandbox.store)) {
      if (name.startsWith("index.sqlite")) rmSync(join(sandbox.store, name));
    }
    expect(await rebuild()).toEqual([]);
    rmSync(join(sandbox.store, "files"), { recursive: true });
    await rebuild();
    expect(await rebuild()).toEqual([]);
  });
});
